//! The texts of all scenes in all languages: that they can be read, have one form, and use the words that students know.
#![allow(clippy::unwrap_used)] // tests may

use beamline_chapter::{Lang, Scene, Text, scenes, words};

/// Every text.
fn all() -> impl Iterator<Item = (&'static Scene, Lang, Text)> {
    scenes().iter().flat_map(|scene| Lang::ALL.map(|lang| (scene, lang, scene.read(lang).unwrap())))
}

/// The sentences of a paragraph: a mark that ends one, before a space or the end where it is not a wide one.
fn sentences(paragraph: &str) -> usize {
    let chars: Vec<char> = paragraph.chars().collect();
    let ends = |i: usize| match chars[i] {
        '。' | '？' | '！' => true,
        '.' | '?' | '!' => chars.get(i + 1).is_none_or(|next| *next == ' '),
        _ => false,
    };
    (0..chars.len()).filter(|&i| ends(i)).count()
}

#[test]
fn scenes_are_numbered_from_one_and_have_names_of_their_own() {
    let numbers: Vec<usize> = scenes().iter().map(Scene::number).collect();
    assert_eq!(numbers, (1..=scenes().len()).collect::<Vec<_>>());
    let mut names: Vec<&str> = scenes().iter().map(Scene::name).collect();
    assert!(names.iter().all(|name| !name.is_empty() && name.chars().all(|c| c.is_ascii_lowercase() || c == '-')));
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), scenes().len());
}

/// A scene may run anything but the walk itself, which would have no end, and must not write files.
#[test]
fn scenes_run_one_or_two_commands() {
    for scene in scenes() {
        let commands: Vec<&str> = scene.commands().collect();
        assert!((1..=2).contains(&commands.len()), "{}", scene.name());
        for line in commands {
            let words = words(line);
            assert_eq!(words[0], "beamline", "{line}");
            assert!(["inspect", "generate", "score", "compare"].contains(&words[1].as_str()), "{line}");
            assert!(
                !words.iter().any(|word| ["-o", "--output", "--trace", "--json"].contains(&word.as_str())),
                "{line}"
            );
            let samples = line.contains("--do-sample");
            assert_eq!(samples, line.contains("--seed "), "what is drawn must be the same every time: {line}");
        }
    }
}

#[test]
fn every_language_says_as_much() {
    for (scene, lang, text) in all() {
        let name = format!("{} {lang}", scene.name());
        assert_eq!(text.paragraphs.len(), scene.text(Lang::En).paragraphs.len(), "{name}");
        let length: usize = text.paragraphs.iter().map(|paragraph| sentences(paragraph)).sum();
        assert!((3..=5).contains(&length), "{name} has {length} sentences");
        assert_eq!(sentences(&text.question).max(1), sentences(&text.question), "{name}: the question has no end");
        assert!((1..=3).contains(&sentences(&text.answer)), "{name}: the answer");
        let ends: &[char] = if matches!(lang, Lang::Zh | Lang::Ja) { &['。', '？'] } else { &['.', '?'] };
        for part in text.paragraphs.iter().chain([&text.question, &text.answer]) {
            assert!(part.ends_with(ends), "{name}: {part}");
        }
    }
}

/// The options that a text names, and the numbers in them, are the same in every language.
#[test]
fn every_language_names_the_same_options() {
    let code = |text: &Text| {
        let parts = text.paragraphs.iter().chain([&text.question, &text.answer]);
        let mut code: Vec<String> =
            parts.flat_map(|part| part.split('`').skip(1).step_by(2).map(str::to_owned).collect::<Vec<_>>()).collect();
        code.sort();
        code
    };
    for (scene, lang, text) in all() {
        assert_eq!(code(&text), code(&scene.text(Lang::En)), "{} {lang}", scene.name());
    }
}

/// What the notes and books that students read call these things.
#[test]
fn texts_use_the_terms_that_students_know() {
    let terms: [(Lang, &[&str]); 4] = [
        (
            Lang::En,
            &[
                "logit",
                "Softmax",
                "vocabulary",
                "Greedy search",
                "Beam search",
                "log p",
                "underflow",
                "n-gram",
                "penalty",
                "temperature",
                "Top-k sampling",
                "Top-p sampling",
                "nucleus sampling",
                "entropy",
                "perplexity",
                "Exact search",
            ],
        ),
        (
            Lang::Ko,
            &[
                "로짓",
                "소프트맥스",
                "어휘",
                "토큰",
                "그리디 서치",
                "빔 서치",
                "로그 확률",
                "언더플로",
                "n-그램",
                "페널티",
                "온도",
                "temperature",
                "샘플링",
                "탑-k 샘플링",
                "탑-p 샘플링",
                "뉴클리어스 샘플링",
                "엔트로피",
                "정확 탐색",
            ],
        ),
        (
            Lang::Zh,
            &[
                "logit",
                "softmax",
                "词表",
                "token",
                "贪心搜索",
                "束搜索",
                "对数概率",
                "下溢",
                "n-gram",
                "惩罚",
                "温度",
                "采样",
                "top-k 采样",
                "top-p 采样",
                "核采样",
                "熵",
                "困惑度",
                "精确搜索",
            ],
        ),
        (
            Lang::Ja,
            &[
                "ロジット",
                "ソフトマックス",
                "語彙",
                "トークン",
                "貪欲法",
                "ビームサーチ",
                "対数確率",
                "アンダーフロー",
                "n-gram",
                "ペナルティ",
                "温度",
                "サンプリング",
                "top-k サンプリング",
                "top-p サンプリング",
                "nucleus",
                "エントロピー",
                "厳密探索",
            ],
        ),
    ];
    for (lang, terms) in terms {
        let texts: Vec<Text> = scenes().iter().map(|scene| scene.text(lang)).collect();
        let whole: String =
            texts.iter().flat_map(|text| text.paragraphs.iter().chain([&text.title, &text.answer]).cloned()).collect();
        for term in terms {
            assert!(whole.contains(term), "{lang} never says {term}");
        }
    }
}

/// Each language in its own script, and no half-width mark where its print has a wide one.
#[test]
fn marks_are_those_of_the_language() {
    for (scene, lang, text) in all() {
        for part in text.paragraphs.iter().chain([&text.title, &text.question, &text.answer]) {
            let prose: String = part.split('`').step_by(2).collect();
            let wide = prose.chars().any(|c| "。，、：；？（）".contains(c));
            let narrow = prose.chars().any(|c| ",;:?()".contains(c));
            match lang {
                Lang::En => assert!(prose.is_ascii(), "{} {lang}: {part}", scene.name()),
                Lang::Ko => assert!(!wide, "{} {lang}: {part}", scene.name()),
                Lang::Zh | Lang::Ja => assert!(!narrow, "{} {lang}: {part}", scene.name()),
            }
        }
    }
}

#[test]
fn locales_choose_the_language() {
    let of = |locale| Lang::from_locale(locale).map(Lang::code);
    let expected = [
        ("ko_KR.UTF-8", Some("ko")),
        ("zh_CN.GB18030", Some("zh")),
        ("zh_TW", Some("zh")),
        ("ja", Some("ja")),
        ("en_GB.UTF-8", Some("en")),
        ("JA-jp", Some("ja")),
        ("C.UTF-8", None),
        ("POSIX", None),
        ("kok_IN", None),
        ("de_DE@euro", None),
        ("", None),
    ];
    for (locale, lang) in expected {
        assert_eq!(of(locale), lang, "{locale}");
    }
    assert!("xx".parse::<Lang>().is_err());
}
