"""Folders with tokenizers of every class and shape of files, and what transformers makes of them.

Usage: python goldens/make/tokenizer_classes.py OUT.json
Needs transformers 5.23.0, tokenizers, sentencepiece and protobuf; no torch. OUT.json holds, for each case, the small files of a folder
(texts, or base64 where they are bytes), the texts asked and what `AutoTokenizer` gives: ids with special tokens, and the text of
these ids with and without special tokens. The vocabularies are trained here, on the texts below.
"""
import base64, hashlib, inspect, io, json, os, re, sys, tempfile
import sentencepiece as spm
from tokenizers import Tokenizer, models, pre_tokenizers, trainers, decoders, normalizers, processors, AddedToken
import transformers
from transformers import AutoTokenizer
import transformers.tokenization_utils_base as base, transformers.tokenization_utils_tokenizers as fast
from transformers.models.auto.tokenization_auto import TOKENIZER_MAPPING_NAMES, tokenizer_class_from_name

CORPUS = ["The time of the text is here, and there are 1234 words in it.", "extra text here tomorrow", "안녕하세요 세계, 오늘은 좋은 날입니다.",
          "hello world, hello the other world! It's 12 o'clock.", "def f(x):\n    return x + 1\n", "今日は良い天気ですね。", "été, naïve, façade"] * 8
TEXTS = ["the time", "  two  spaces ", "Hello world\n\n 12345 it's", "안녕하세요 세계", "a<|im_end|>b", "x <s> y </s>z", "e\u0301te\u0301 caf\u00e9",
         "tab\tand\r\nline", "[MASK] . ? isn't", "\u2581mark \u2581", "", " ", "한\u1112\u1161\u11ab 🙂", "the<extra> <extra>time <strip> the"]


def bpe(vocab_size=320, special=("<|endoftext|>", "<pad>", "<|im_end|>")):
    t = Tokenizer(models.BPE())
    t.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    t.decoder = decoders.ByteLevel()
    t.train_from_iterator(CORPUS, trainers.BpeTrainer(vocab_size=vocab_size, special_tokens=list(special), initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False))
    return json.loads(t.to_str())


def metaspace(scheme="first", vocab_size=420, prepend=False):
    t = Tokenizer(models.BPE(byte_fallback=True, fuse_unk=True, unk_token="<unk>"))
    t.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="always")
    t.train_from_iterator(CORPUS, trainers.BpeTrainer(vocab_size=vocab_size, special_tokens=["<unk>", "<s>", "</s>"] + [f"<0x{b:02X}>" for b in range(256)], show_progress=False))
    j = json.loads(t.to_str())
    if prepend:
        j["normalizer"] = {"type": "Sequence", "normalizers": [{"type": "Prepend", "prepend": "\u2581"}, {"type": "Replace", "pattern": {"String": " "}, "content": "\u2581"}]}
        j["pre_tokenizer"] = None
    else:
        j["pre_tokenizer"] = {"type": "Metaspace", "replacement": "\u2581", "prepend_scheme": scheme, "split": False}
    j["decoder"] = {"type": "Sequence", "decoders": [{"type": "Replace", "pattern": {"String": "\u2581"}, "content": " "}, {"type": "ByteFallback"}, {"type": "Fuse"}, {"type": "Strip", "content": " ", "start": 1, "stop": 0}]}
    j["post_processor"] = {"type": "TemplateProcessing", "single": [{"SpecialToken": {"id": "<s>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}],
                           "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 0}}], "special_tokens": {"<s>": {"id": "<s>", "ids": [1], "tokens": ["<s>"]}}}
    return j


def sentencepiece(kind, size, **more):
    with tempfile.TemporaryDirectory() as d:
        text = os.path.join(d, "t.txt")
        open(text, "w").write("\n".join(CORPUS))
        if more.get("normalization_rule_tsv"):
            rules = os.path.join(d, "r.tsv")
            open(rules, "w").write(more["normalization_rule_tsv"])
            more["normalization_rule_tsv"] = rules
        spm.SentencePieceTrainer.train(input=text, model_prefix=d + "/m", vocab_size=size, model_type=kind, hard_vocab_limit=False, minloglevel=2, **more)
        return open(d + "/m.model", "rb").read()


def changed(j, **parts):
    j = json.loads(json.dumps(j))
    for k, v in parts.items():
        if k == "model":
            j["model"].update(v)
        else:
            j[k] = v
    return j


def added(id, content, **k):
    return {**dict(id=id, content=content, single_word=False, lstrip=False, rstrip=False, normalized=False, special=True), **k}


def decoder_of(*tokens):
    return {str(t["id"]): {k: v for k, v in t.items() if k != "id"} for t in tokens}


B, M, P = bpe(), metaspace(), metaspace(prepend=True)
N = len(B["model"]["vocab"])
DIGITS = {"type": "Sequence", "pretokenizers": [{"type": "Digits", "individual_digits": True}, {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True}]}
PLAIN_TEXT = dict(normalization_rule_name="identity")
SPM = sentencepiece("bpe", 400, **PLAIN_TEXT, byte_fallback=True, user_defined_symbols=["<extra>"])
PLAIN = sentencepiece("bpe", 250, **PLAIN_TEXT)
# A table of SentencePiece's own, of three rules: e with an accent, a tab, and a carriage return that vanishes.
UNI = sentencepiece("unigram", 200, normalization_rule_tsv="65 301\tE9\n9\t20\nD\t\n")
T5 = sentencepiece("unigram", 200, **PLAIN_TEXT, pad_id=0, eos_id=1, unk_id=2, bos_id=-1)
WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"] + sorted({w for l in CORPUS for w in re.findall(r"\w+|[^\w\s]", l.lower())}) + [c for c in "abcdefghijklmnopqrstuvwxyz"] + ["##" + c for c in "abcdefghijklmnopqrstuvwxyz"] + list("안녕今日は")


def merged(j):
    v = j["model"]
    return {"vocab.json": json.dumps(v["vocab"], ensure_ascii=False), "merges.txt": "#version: 0.2\n" + "\n".join(" ".join(m) for m in v["merges"]) + "\n"}


def folder(model_type, json_=None, cfg=None, config=None, **files):
    out = {"config.json": json.dumps({"model_type": model_type, **(config or {})})}
    if json_ is not None:
        out["tokenizer.json"] = json_ if isinstance(json_, str) else json.dumps(json_, ensure_ascii=False)
    if cfg is not None:
        out["tokenizer_config.json"] = cfg if isinstance(cfg, str) else json.dumps(cfg)
    for k, v in files.items():
        out[{"special": "special_tokens_map.json", "more": "added_tokens.json", "sp": "tokenizer.model", "spiece": "spiece.model", "words": "vocab.txt"}.get(k, k)] = json.dumps(v) if isinstance(v, dict) else v
    return out


IM = added(N, "<|im_end|>")
CASES = {
    # Special tokens and added tokens.
    "special-in-no-list": folder("gpt2", B, {"tokenizer_class": "PreTrainedTokenizerFast", "eos_token": "<|im_end|>"}),
    "additional-special": folder("llama", B, {"tokenizer_class": "PreTrainedTokenizerFast", "additional_special_tokens": ["<|im_end|>", "<extra>"]}),
    "extra-special": folder("llama", B, {"tokenizer_class": "PreTrainedTokenizerFast", "extra_special_tokens": ["<extra>"], "additional_special_tokens": ["<strip>"]}),
    "named-special": folder("llama", B, {"tokenizer_class": "PreTrainedTokenizerFast", "image_token": "<extra>", "extra_special_tokens": {"video_token": "<strip>"}}),
    "bos-object": folder("llama", B, {"tokenizer_class": "PreTrainedTokenizerFast", "bos_token": {"__type": "AddedToken", "content": "<extra>", "lstrip": True, "rstrip": True, "normalized": False, "single_word": False}}),
    "added-tokens-decoder": folder("gpt2", B, {"tokenizer_class": "GPT2Tokenizer", "added_tokens_decoder": decoder_of(added(0, "<|endoftext|>"), added(N, "<strip>", lstrip=True, rstrip=True), added(N + 5, "<extra>", special=False))}),
    "added-tokens-decoder-backend": folder("llama", B, {"tokenizer_class": "PreTrainedTokenizerFast", "added_tokens_decoder": decoder_of(added(N, "<strip>", lstrip=True), added(N + 1, "<extra>", special=False, normalized=True))}),
    "special-tokens-map": folder("gpt2", B, {"tokenizer_class": "GPT2Tokenizer"}, special={"eos_token": {"content": "<|im_end|>", "lstrip": False, "rstrip": True, "normalized": False, "single_word": False}, "additional_special_tokens": ["<extra>"]}),
    "special-tokens-map-loses": folder("gpt2", B, {"tokenizer_class": "GPT2Tokenizer", "added_tokens_decoder": {}}, special={"eos_token": "<|im_end|>"}),
    "added-tokens-json": folder("gpt2", None, {"tokenizer_class": "GPT2Tokenizer", "eos_token": "<extra>"}, more={"<extra>": N, "<strip>": N + 1}, **merged(B)),
    "split-special": folder("gpt2", B, {"tokenizer_class": "GPT2Tokenizer", "split_special_tokens": True}),
    "nan-in-config": folder("gpt2", B, '{"tokenizer_class": "GPT2Tokenizer", "model_max_length": Infinity}'),
    "add-bos-with-json": folder("gpt2", B, {"tokenizer_class": "GPT2Tokenizer", "add_bos_token": True}),
    "null-bos": folder("gpt2", B, {"tokenizer_class": "GPT2Tokenizer", "bos_token": None, "unk_token": None}),
    # Classes that build anew.
    "gpt2-by-type": folder("gpt2", changed(B, pre_tokenizer=DIGITS)),
    "gpt2-digits": folder("llama", changed(B, pre_tokenizer=DIGITS, normalizer={"type": "NFC"}), {"tokenizer_class": "GPT2Tokenizer"}),
    "gpt2-prefix-space": folder("gpt2", B, {"tokenizer_class": "GPT2Tokenizer", "add_prefix_space": True}),
    "gpt2-dropout": folder("gpt2", changed(B, model={"dropout": 0.5}), {"tokenizer_class": "GPT2Tokenizer"}),
    "gpt2-ignore-merges": folder("gpt2", changed(B, model={"ignore_merges": True, "vocab": {**B["model"]["vocab"], "time": N}}), {"tokenizer_class": "GPT2TokenizerFast"}),
    "opt": folder("opt", None, {"tokenizer_class": "GPT2Tokenizer", "add_bos_token": True, "bos_token": "</s>", "eos_token": "</s>", "errors": "replace"}, **merged(B)),
    "phi-codegen": folder("phi", changed(B, pre_tokenizer=DIGITS), {"tokenizer_class": "CodeGenTokenizer"}),
    "neox": folder("gpt_neox", changed(B, post_processor={**M["post_processor"], "single": [{"SpecialToken": {"id": "<s>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}]}), {"tokenizer_class": "GPTNeoXTokenizer"}),
    "stablelm-neox": folder("stablelm", changed(B, pre_tokenizer=DIGITS), {"tokenizer_class": "GPTNeoXTokenizer"}),
    "qwen2": folder("qwen2", changed(B, pre_tokenizer=DIGITS), {"tokenizer_class": "PreTrainedTokenizerFast", "additional_special_tokens": ["<|im_end|>"]}),
    "qwen3-named": folder("qwen3", changed(B, pre_tokenizer=DIGITS), {"tokenizer_class": "Qwen2Tokenizer", "eos_token": "<|im_end|>"}),
    "qwen3-fast": folder("qwen3", changed(B, pre_tokenizer=DIGITS), {"tokenizer_class": "PreTrainedTokenizerFast"}),
    "qwen35": folder("qwen3_5_text", changed(B, pre_tokenizer=DIGITS)),
    "qwen2-files": folder("qwen2", None, {"tokenizer_class": "Qwen2Tokenizer", "eos_token": "<|im_end|>"}, **merged(B)),
    "cohere": folder("cohere", B, {"tokenizer_class": "CohereTokenizer", "bos_token": "<|endoftext|>"}),
    "llama-first": folder("llama", M, {"tokenizer_class": "LlamaTokenizer", "legacy": False}),
    "llama-legacy": folder("llama", M, {"tokenizer_class": "LlamaTokenizer", "legacy": True}),
    "llama-no-prefix": folder("llama", M, {"tokenizer_class": "LlamaTokenizerFast", "add_prefix_space": False}),
    "llama-prepend": folder("llama", P, {"tokenizer_class": "LlamaTokenizer"}),
    "llama-prepend-backend": folder("llama", P, {"tokenizer_class": "PreTrainedTokenizerFast"}),
    "llama-metaspace-backend": folder("llama", M),
    "llama-bytes": folder("llama", changed(B, pre_tokenizer=DIGITS), {"tokenizer_class": "LlamaTokenizer"}),
    "mistral-llama": folder("mistral", metaspace("always"), {"tokenizer_class": "LlamaTokenizer", "add_bos_token": False}),
    "phi3": folder("phi3", P, {"tokenizer_class": "LlamaTokenizer", "legacy": False}),
    "code-llama": folder("llama", changed(M, post_processor=None), {"tokenizer_class": "CodeLlamaTokenizer"}),
    "gemma": folder("gemma3_text", metaspace("always"), {"tokenizer_class": "GemmaTokenizer", "bos_token": "<s>", "eos_token": "</s>"}),
    "in-config": folder("llama", M, None, {"tokenizer_class": "LlamaTokenizer"}),
    # Folders without tokenizer.json.
    "gpt2-files": folder("gpt2", None, {"tokenizer_class": "GPT2Tokenizer"}, **merged(B)),
    "llama-model": folder("llama", None, {"tokenizer_class": "LlamaTokenizer", "add_bos_token": True, "legacy": False}, sp=SPM),
    "llama-model-legacy": folder("llama", None, {"tokenizer_class": "LlamaTokenizer", "add_eos_token": True, "legacy": True}, sp=SPM),
    "llama-model-plain": folder("llama", None, {"tokenizer_class": "LlamaTokenizer"}, sp=SPM),
    "mistral-model": folder("mistral", None, {"tokenizer_class": "LlamaTokenizer", "add_bos_token": True}, sp=SPM),
    "mistral-model-no-bytes": folder("mistral", None, {"tokenizer_class": "LlamaTokenizer"}, sp=PLAIN),
    "mistral-unigram": folder("mistral", None, {"add_bos_token": True}, sp=UNI),
    "gemma-model": folder("gemma", None, {"tokenizer_class": "GemmaTokenizer", "bos_token": "<s>", "eos_token": "</s>", "add_bos_token": True}, sp=SPM),
    "t5": folder("gpt2", None, {"tokenizer_class": "T5Tokenizer", "extra_ids": 3}, spiece=T5),
    "rinna": folder("gpt2", None, {"tokenizer_class": "T5Tokenizer", "extra_ids": 0, "additional_special_tokens": [], "bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>", "pad_token": "[PAD]"}, spiece=UNI),
    "bert": folder("gpt2", None, {"tokenizer_class": "BertTokenizer"}, words="\n".join(WORDS) + "\n"),
    "bert-cased": folder("gpt2", None, {"tokenizer_class": "BertTokenizer", "do_lower_case": False, "strip_accents": True, "tokenize_chinese_chars": False, "clean_up_tokenization_spaces": True}, words="\n".join(WORDS) + "\n"),
}
CASES["neox"]["tokenizer.json"] = CASES["neox"]["tokenizer.json"].replace('"<s>"', '"<pad>"')


def ask(files):
    with tempfile.TemporaryDirectory() as d:
        for name, text in files.items():
            open(os.path.join(d, name), "wb").write(text if isinstance(text, bytes) else text.encode())
        t = AutoTokenizer.from_pretrained(d)
        out = []
        for text in TEXTS:
            ids = t(text).input_ids
            out.append([ids, t.decode(ids), t.decode(ids, skip_special_tokens=True)])
        return type(t).__name__, out


def fields():
    of = base.PreTrainedTokenizerBase
    source = "".join(map(inspect.getsource, [of.__init__, of._from_pretrained, of.from_pretrained, fast.TokenizersBackend.__init__, fast.TokenizersBackend.convert_to_native_format, fast.TokenizersBackend._patch_mistral_regex]))
    found = set(re.findall(r'kwargs(?:\.pop|\.get|\.setdefault)\(\s*"(\w+)"', source)) | set(re.findall(r'"(\w+)" in (?:init_kwargs|kwargs|local_kwargs|tokenizer_config)', source)) | set(re.findall(r'init_kwargs\["(\w+)"\]', source))
    found |= set(of.SPECIAL_TOKENS_ATTRIBUTES) | {"tokenizer_class", "auto_map"}
    for name in "GPT2 CodeGen GPTNeoX Llama CodeLlama Qwen2 Qwen3_5 Gemma Cohere T5 Bert".split():
        c = tokenizer_class_from_name(name + "Tokenizer")
        found |= {p for p in inspect.signature(c.__init__).parameters if p not in ("self", "kwargs")} | set(re.findall(r'kwargs(?:\.pop|\.get)\("(\w+)"', inspect.getsource(c.__init__)))
    # What only the caller can give, or what one part of transformers hands to another.
    return sorted(f for f in found if not f.startswith("_") and f not in ("proxies", "subfolder"))


def classes():
    names = set(filter(None, TOKENIZER_MAPPING_NAMES.values())) | {n for n in dir(transformers) if n.endswith(("Tokenizer", "TokenizerFast"))}
    return sorted({n.removesuffix("Fast") for n in names if not re.search("Auto|Mistral|Audio|Mecab|Basic|Character|Wordpiece|Backend", n)})


shared, table = {}, {}
for name, files in CASES.items():
    kind, expected = ask(files)
    kept = {}
    for file, text in files.items():
        value = {"base64": base64.b64encode(text).decode()} if isinstance(text, bytes) else text
        key = hashlib.sha256(json.dumps(value).encode()).hexdigest()[:12]
        shared[key] = value
        kept[file] = key
    table[name] = {"class": kind, "files": kept, "expected": expected}
    print(name, kind)
out = {"transformers": transformers.__version__, "fields": fields(), "classes": classes(), "texts": TEXTS, "files": shared, "cases": table}
json.dump(out, open(sys.argv[1], "w"), ensure_ascii=False, separators=(",", ":"))
print(os.path.getsize(sys.argv[1]))
