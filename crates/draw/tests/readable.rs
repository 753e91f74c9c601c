//! What holds for every kind of picture, at any size, in both themes and in every script: type that can be read, words
//! that do not lie on each other, nothing beyond the edge.
#![allow(clippy::unwrap_used)] // tests may

#[allow(dead_code)] // only widths are asked for
#[path = "../src/measure.rs"]
mod measure;

mod fixture;

use beamline_draw::{Canvas, Figure, Theme};

const LANGUAGES: [[&str; 7]; 5] = [
    ["the", "magnificent", "i", "understanding", "of", "lighthouses", "<b>&"],
    ["안녕하세요", "겨울이", "는", "가장", "아름다운", "계절입니다", "눈"],
    ["冬天", "最美好的", "事情", "是", "雪", "天气很好", "的"],
    ["こんにちは", "冬の", "一番", "いい", "ところは", "雪です", "ね"],
    ["👨‍👩‍👧‍👦", "🙂", "👩🏽‍💻👩🏽‍💻", "é", "🏳️‍🌈", "e\u{301}e\u{301}", "❄️"],
];

/// Where a text is, and how large its type.
struct Word {
    text: String,
    size: f64,
    area: [f64; 4],
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let (_, rest) = tag.split_once(&format!(" {name}=\""))?;
    Some(rest.split('"').next().unwrap().to_owned())
}

/// The texts of an SVG, with about the place that each takes.
fn words(svg: &str) -> Vec<Word> {
    let word = |part: &str| {
        let (tag, rest) = part.split_once('>').unwrap();
        let inner = rest.split("</text>").next().unwrap();
        let pieces = inner.split('<').map(|piece| piece.split_once('>').map_or(piece, |(_, text)| text));
        let text = pieces.collect::<String>().replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&");
        let number = |name: &str| attribute(tag, name).unwrap().parse::<f64>().unwrap();
        let (x, y, size) = (number("x"), number("y"), number("font-size"));
        let (wide, middle) = (measure::width(&text, size), y - size * 0.36);
        let half = size * 0.5;
        let left = match attribute(tag, "text-anchor").as_deref() {
            Some("middle") => x - wide / 2.0,
            Some("end") => x - wide,
            _ => x,
        };
        // What is turned reads upwards, and ends where it would have ended.
        let turned = tag.contains("rotate(-90");
        let area = if turned {
            [x - half, middle, x + half, middle + wide]
        } else {
            [left, middle - half, left + wide, middle + half]
        };
        Word { text, size, area }
    };
    svg.split("<text").skip(1).map(word).collect()
}

/// What is wrong with a picture.
fn faults(name: &str, figure: &Figure, canvas: Canvas) -> Vec<String> {
    let mut faults = Vec::new();
    let svg = figure.svg(&canvas);
    let number = |name| attribute(&svg, name).unwrap().parse::<f64>().unwrap();
    let (width, height) = (number("width"), number("height"));
    let what = format!("{name}, {}x{} {:?}", canvas.width, canvas.height, canvas.theme);
    assert!(width == f64::from(canvas.width) && height >= f64::from(canvas.height), "{what}");
    let scale = width / attribute(&svg, "viewBox").unwrap().split(' ').nth(2).unwrap().parse::<f64>().unwrap();
    let (width, height) = (width / scale, height / scale);
    let words = words(&svg);
    for (i, word) in words.iter().enumerate() {
        let Word { text, size, area: [left, top, right, bottom] } = word;
        if *size * scale < 9.0 {
            faults.push(format!("{what}: {text:?} is {size} pixels high"));
        }
        if *left < -0.5 || *top < -0.5 || *right > width + 0.5 || *bottom > height + 0.5 {
            faults.push(format!("{what}: {text:?} at {:?} of {width}x{height}", word.area));
        }
        for other in &words[..i] {
            let [l, t, r, b] = other.area;
            if *left < r - 0.6 && l < *right - 0.6 && *top < b - 0.6 && t < *bottom - 0.6 {
                let other = format!("{:?} at {:?}", other.text, other.area);
                faults.push(format!("{what}: {text:?} at {:?} lies on {other}", word.area));
            }
        }
    }
    faults
}

#[test]
fn type_can_be_read_and_words_lie_apart_and_within() {
    let mut all = Vec::new();
    for words in LANGUAGES {
        for (name, figure) in fixture::figures(words).into_iter().chain(fixture::crowded(words)) {
            for (width, height) in [(320, 240), (800, 500), (1600, 900)] {
                for theme in [Theme::Light, Theme::Dark] {
                    let name = format!("{name}, {}", words[0]);
                    all.extend(faults(&name, &figure, Canvas { width, height, theme }));
                }
            }
        }
    }
    let some: Vec<&str> = all.iter().take(30).map(String::as_str).collect();
    assert!(all.is_empty(), "{} faults:\n{}", all.len(), some.join("\n"));
}

#[test]
fn every_token_of_a_long_text_has_its_name() {
    let words = LANGUAGES[0];
    let crowded = fixture::crowded(words);
    for (name, count) in [("surprisal, long", 90), ("embeddings, side by side", 36), ("attention, long", 40)] {
        let (_, figure) = crowded.iter().find(|(kind, _)| *kind == name).unwrap();
        let svg = figure.svg(&Canvas::default());
        let named = self::words(&svg).iter().filter(|word| words.contains(&word.text.as_str())).count();
        assert!(named >= count, "{name}: {named} of {count} names");
    }
}

#[test]
fn a_tree_says_each_token_once_after_each_text_and_names_only_what_is_there() {
    let (_, figure) = fixture::crowded(LANGUAGES[0]).into_iter().find(|(kind, _)| *kind == "beams, exact").unwrap();
    let beamline_draw::Chart::Tree(tree) = &figure.charts[0] else { panic!("it is a tree") };
    let mut seen = std::collections::BTreeSet::new();
    for item in &tree.items {
        assert!(seen.insert((item.parent, item.label.clone())), "{:?} twice below {:?}", item.label, item.parent);
    }
    let svg = figure.svg(&Canvas::default());
    let dropped = tree.items.iter().any(|item| item.role == beamline_draw::NodeRole::Pruned);
    assert_eq!(svg.contains(">dropped<"), dropped);
}

#[test]
fn a_large_sheet_is_used_for_larger_type() {
    for (name, figure) in fixture::figures(LANGUAGES[0]) {
        let scale = |width: u32, height: u32| {
            let svg = figure.svg(&Canvas { width, height, theme: Theme::Light });
            let inner = attribute(&svg, "viewBox").unwrap();
            f64::from(width) / inner.split(' ').nth(2).unwrap().parse::<f64>().unwrap()
        };
        assert_eq!(scale(800, 500), 1.0, "{name}");
        // Maps and panels that stand side by side there keep their places.
        let least = if name == "embeddings" { 1.0 } else { 1.5 };
        assert!(scale(1600, 1000) >= least, "{name}: {}", scale(1600, 1000));
    }
}
