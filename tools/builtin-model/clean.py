"""Make plain text of the books: python clean.py NOVELS CLEAN

NOVELS holds a file a book. In CLEAN, a form feed parts chapters and an empty line parts paragraphs, each on one line.
Title pages, contents, prefaces, headings, notes and marks of italics go; quotes and dashes are made alike.
"""
import os
import re
import sys
import unicodedata

PART_OF_A_BOOK = re.compile(
    r"(chapter|chap\.|book|part|volume|vol\.|canto|stave|epilogue|prologue|contents|preface|introduction|introductory|dedicat\w+|"
    r"author's note|the end|finis|conclusion|footnotes?|notes?|illustrations?)\b.{0,100}",
    re.IGNORECASE,
)
# Words that begin a sentence as well as a heading: a number follows in a heading.
NEEDS_A_NUMBER = {"book", "part", "note", "notes", "the", "conclusion", "introduction", "chapter", "volume"}
NUMBER_WORD = re.compile(
    r"[IVXLC\d]+[.:]?$|the$|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|[a-z]+teen|twenty|thirty|forty|first|"
    r"second|third|fourth|fifth|sixth|last|end",
    re.IGNORECASE,
)
NUMBER = re.compile(r"(\d{1,3}|[IVXLC]+)[.:]?(\s*[-.:]?\s+[A-Z][^.!?]{0,70}\.?)?")
NOT_TEXT = re.compile(r"contents|preface|introduction|dedicat|author's note|footnote|notes?\b|illustrations?", re.IGNORECASE)
ENDS = re.compile(r"[.!?:;,\"')\-]$")


def in_capitals(line):
    letters = [c for c in line if c.isalpha()]
    spoken = line[0] in "\"'" or line.endswith(("!", "?", '"', "'"))
    return len(letters) > 1 and not any(c.islower() for c in letters) and not spoken


def names_a_part(line):
    """Chapter IV, PART THE FIRST, Contents ..."""
    if not PART_OF_A_BOOK.fullmatch(line) or re.search(r"[a-z][,;!?\"]$", line) or not "A" <= line[0] <= "Z":
        return False
    first, *others = line.split()
    if first.rstrip(".:").lower() not in NEEDS_A_NUMBER or not others:
        return True
    return bool(NUMBER_WORD.match(others[0])) and len(line) < 90


def is_number(line):
    """IV, 12., "III. A Title"; but no sentence that begins with I."""
    return bool(NUMBER.fullmatch(line)) and (len(line) < 12 or not line.startswith("I "))


def is_heading(line):
    if not line or len(line) > 110:
        return False
    return in_capitals(line) or names_a_part(line) or is_number(line)


def paragraphs(lines):
    """Lines joined to paragraphs, headings apart. An empty line ends one, where the book has them; else a line that is short."""
    filled = sorted(len(line) for line in lines if line)
    width = filled[int(len(filled) * 0.95)]
    wrapped = width < 100
    spaced = wrapped and sum(not line for line in lines) > 0.05 * len(lines)
    current = []
    for i, line in enumerate(lines):
        if is_heading(line) and (not current or not spaced or not lines[i - 1]):
            if current:
                yield " ".join(current)
            yield line
            current = []
            continue
        following = lines[i + 1] if i + 1 < len(lines) else ""
        after_heading = wrapped and not spaced and i and is_heading(lines[i - 1])
        if line and after_heading and len(line) < 0.8 * width and not ENDS.search(line) and following[:1].isupper():
            yield line  # a chapter's title
            continue
        if line:
            current.append(line)
        if not wrapped:
            ended = True
        elif spaced:
            ended = not following
        else:
            room = len(line) + 1 + len(following.split(" ")[0]) < width - 2
            ended = not following or is_heading(following) or (room and bool(re.search(r"[.!?:\"'\-]$", line)))
        if current and ended:
            yield " ".join(current)
            current = []
    if current:
        yield " ".join(current)


def chapters(pieces):
    """Groups of paragraphs between headings; groups that are no part of the story are left out."""
    group, title, after_heading = [], "", True
    for piece in [*pieces, "THE END"]:
        short = len(piece) < 70 and not ENDS.search(piece) and piece[0].isupper()
        few = len(piece) < 90 and len(piece.split()) < 12
        subtitle = after_heading and few and not re.search(r"[!?\"']", piece) and (short or not re.search(r"[,;:\-]$", piece))
        if is_heading(piece) or short or subtitle:
            if sum(map(len, group)) > 1500 and not NOT_TEXT.match(title):
                yield group
            if group and not is_heading(piece) and not after_heading and sum(map(len, group)) <= 1500:
                continue
            if not after_heading or is_heading(piece):
                title = piece
            group, after_heading = [], True
        else:
            group.append(piece)
            after_heading = False


# Words that begin with an apostrophe, which opens no speech.
ELIDED = (
    r"(tis|twas|twere|twill|twould|twixt|em|un|im|er|ere|tother|prentice|bout|cause|gainst|neath|way|"
    r"ud|ll|ave|ow|ard|ouse|n|s|t)\b"
)
ALIKE = str.maketrans(
    {"\u2018": "'", "\u2019": "'", "\u201c": '"', "\u201d": '"', "\u2014": " - ", "\u2013": "-", "\u2026": "...", "`": "'", "\u00a0": " "}
)


def double_quotes(text):
    """A paragraph of a book that quotes with single marks: those become double ones, and double ones single."""
    text = text.replace('"', "'")
    text = re.sub(rf"(^|[\s(\-])'(?=[A-Za-z])(?!{ELIDED})", r"\1" + "\x01", text, flags=re.IGNORECASE)
    text = re.sub(r"(?<=[,.!?;:\-])\s?'(?=[\s,.;:)\-]|$)", "\x02", text)
    parts = text.split("\x01")
    for i, part in enumerate(parts[1:], 1):
        if "\x02" not in part:  # closed after a word, then
            parts[i] = re.sub(r"(?<=\w)'(?=[\s,.;:!?)]|$)", "\x02", part, count=1)
    return "\x01".join(parts).replace("\x01", '"').replace("\x02", '"')


def small_first_words(text):
    """A chapter that begins "IT WAS a dark night" begins "It was"."""
    loud = re.match(r"(?:[A-Z][A-Z']*[,]? )+", text)
    if not loud or len(loud[0]) < 3:
        return text
    words = loud[0].split(" ")
    if any(len(w) > 3 for w in words[2:]):  # names, then
        return loud[0].title() + text[loud.end() :]
    return " ".join([words[0].capitalize()] + [w if w == "I" else w.lower() for w in words[1:]]) + text[loud.end() :]


def plain(text):
    text = re.sub(r"\[(illustration|footnote|note|transcriber|\d+|[*])[^\]]*\]", " ", text, flags=re.IGNORECASE)
    text = text.replace("_", "").replace("*", "")
    text = re.sub(r"(?<=[a-z])- (?=[a-z])", "-", text)  # a word cut at the end of a line
    text = re.sub(r"\s*--+\s*|\s+-\s+", " - ", text)
    text = re.sub(r"\.( ?\.){2,}", "...", text)
    text = re.sub(r"((?:n't|'\w+))  +", r"\1 ", text)
    text = re.sub(r"(?<=[a-z,])  +(?=[a-z])", " - ", text)  # this corpus lost its parentheses
    text = re.sub(r"\s+", " ", text).strip()
    text = re.sub(r" +([,.;:!?])(?!\.)", r"\1", text)
    return re.sub(r'^" ', '"', text)


def clean(text):
    text = unicodedata.normalize("NFC", text.lstrip("\ufeff")).replace("\r", "").replace("\t", " ")
    text = text.translate(ALIKE)
    single = len(re.findall(r"(?<=\s)'", text)) > text.count('"')
    lines = [line.strip() for line in text.split("\n")]
    out = []
    for group in chapters(paragraphs(lines)):
        group = [plain(p) for p in group]
        group[0] = small_first_words(group[0])
        out.append("\n\n".join(double_quotes(p) if single else p for p in group if any(map(str.isalpha, p))))
    return "\f".join(out)


def main():
    source, target = sys.argv[1:]
    os.makedirs(target, exist_ok=True)
    for name in sorted(os.listdir(source)):
        with open(f"{source}/{name}", encoding="utf8", errors="replace") as f:
            before = f.read()
        after = clean(before)
        with open(f"{target}/{name}", "w", encoding="utf8") as f:
            f.write(after)
        pieces = after.count("\n\n") + after.count("\f") + 1
        kept, count = len(after) / len(before), after.count("\f") + 1
        print(f"{name}: {len(before)} letters, {kept:.1%} kept, {count} chapters, {len(after) // pieces} letters a paragraph")


if __name__ == "__main__":
    main()
