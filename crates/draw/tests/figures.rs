//! Figures on a model that one can check by hand: their SVG, and the numbers behind them.
#![allow(clippy::unwrap_used)] // tests may

mod fixture;

use beamline::{Prompt, TokenId};
use beamline_draw::kinds;
use beamline_draw::{Canvas, Chart, DrawError, Figure, Theme, Unit, comparison_page, png};
use beamline_study::{Inspection, attention, compare, embeddings, score};
use fixture::{WORDS, prompt, settings, ways};

fn engine() -> beamline::Engine {
    fixture::engine(WORDS)
}

fn inspected(text: &str) -> Inspection {
    fixture::inspected(&engine(), text)
}

fn figures() -> Vec<(&'static str, Figure)> {
    fixture::figures(WORDS)
}

#[test]
fn the_svg_of_each_kind_stays_as_it_is() {
    for (name, figure) in figures() {
        insta::assert_snapshot!(name, figure.svg(&Canvas::default()));
    }
}

#[test]
fn pictures_are_valid_in_both_themes_and_any_size_and_not_empty() {
    for (name, figure) in figures() {
        for (width, height, theme) in [(800, 500, Theme::Light), (800, 500, Theme::Dark), (320, 240, Theme::Light)] {
            let svg = figure.svg(&Canvas { width, height, theme });
            let picture = png::render(&svg).unwrap();
            let number = |at: usize| u32::from_be_bytes(picture.bytes[at..at + 4].try_into().unwrap());
            assert!(number(16) == width && number(20) >= height, "{name}");
            // A blank sheet of this size takes less than two kilobytes.
            assert!(picture.bytes.len() > 2500, "{name}: {} bytes", picture.bytes.len());
        }
    }
}

#[test]
fn text_of_models_cannot_become_markup() {
    for (name, figure) in figures() {
        let (svg, page) = (figure.svg(&Canvas::default()), figure.html(&Canvas::default()));
        assert!(!svg.contains("<b>") && !page.contains("<b>"), "{name}");
    }
}

#[test]
fn numbers_behind_a_figure_are_those_of_the_result() {
    let plain = inspected("do_sample=false");
    let step = &plain.steps[0];
    let figure = kinds::temperature(&plain, &[1.0, 2.0], None).unwrap();
    for (row, candidate) in figure.data.rows.iter().zip(&step.candidates) {
        assert_eq!(row[1], candidate.id);
        assert!((row[3].as_f64().unwrap() - candidate.prob).abs() < 1e-12);
    }
    let hot: f64 = figure.data.rows.iter().map(|row| row[4].as_f64().unwrap()).sum();
    assert!((hot - 1.0).abs() < 1e-12);

    let histogram = kinds::histogram(&plain).unwrap();
    let counted: u64 = histogram.data.rows.iter().map(|row| row[2].as_u64().unwrap()).sum();
    assert_eq!(counted, 7);

    // The probabilities after "cat" are 7, 6, ... 1 of 28: 7 + 6 + 5 = 18 do not reach 0.75, with 4 they do.
    let cumulative = kinds::cumulative(&plain, &[3], &[0.75], None).unwrap();
    let cuts = &cumulative.data.json["cuts"];
    assert!((cuts[0]["outside"].as_f64().unwrap() - 10.0 / 28.0).abs() < 1e-6, "{cuts}");
    assert_eq!(cuts[1]["kept"], 4);
    assert!((cuts[1]["outside"].as_f64().unwrap() - 6.0 / 28.0).abs() < 1e-6, "{cuts}");
}

#[test]
fn a_tree_has_its_winner_and_why_others_were_dropped() {
    let (_, figure) = figures().into_iter().find(|(name, _)| *name == "beams").unwrap();
    assert_eq!(figure.data.rows.iter().filter(|row| row[9] == true).count(), 4);
    assert!(figure.svg(&Canvas::default()).contains("too low"));
}

#[test]
fn a_comparison_becomes_a_page_without_network() {
    let both = ways(&["num_beams=1", "do_sample=true"]);
    let comparison = compare(&engine(), &prompt(), &both, &settings("max_new_tokens=6"), 2, &mut |_, _| {}).unwrap();
    let page = comparison_page(&comparison, &Canvas::default()).unwrap();
    let links = page.replace("http://www.w3.org/2000/svg", "");
    assert!(!links.contains("http") && !links.contains("src="), "nothing is fetched");
    assert_eq!(page.matches("<h2>").count(), 3);
    assert!(page.contains("the first token at which a text leaves") && page.contains("<code>num_beams=1</code>"));
}

#[test]
fn nothing_to_draw_is_an_error() {
    let one = score(&engine(), None, &Prompt::Ids(vec![TokenId(1)])).unwrap();
    assert!(matches!(kinds::surprisal(&one, None, Unit::Nats), Err(DrawError::Nothing(_))));
    assert!(matches!(kinds::next(&[], 3, false), Err(DrawError::Nothing(_))));
    assert!(embeddings(&engine(), &prompt()).unwrap_err().to_string().contains("shows no embeddings"));
    assert!(attention(&engine(), &prompt(), 0, None).unwrap_err().to_string().contains("shows no attention"));
}

/// The bars of a figure's panels.
fn panels(figure: &Figure) -> &[beamline_draw::BarPanel] {
    let Chart::Bars(chart) = &figure.charts[0] else { panic!("it has bars") };
    &chart.panels
}

#[test]
fn all_panels_of_next_have_one_scale_unless_each_is_to_have_its_own() {
    let two = [("flat", "do_sample=true,temperature=100.0"), ("sharp", "do_sample=true,temperature=0.1")];
    let two = two.map(|(name, options)| (name.to_owned(), inspected(options)));
    let widest = |free: bool| {
        let svg = kinds::next(&two, 7, free).unwrap().svg(&Canvas::default());
        let is_bar = |line: &&str| {
            let colour = line.contains("#0072B2") || line.contains("#D55E00");
            colour && line.contains("crispEdges") && !line.contains("width=\"12.0\"")
        };
        let bars = svg.lines().filter(is_bar);
        let wide =
            |line: &str| line.split("width=\"").nth(1).unwrap().split('"').next().unwrap().parse::<f64>().unwrap();
        let x = |line: &str| line.split("x=\"").nth(1).unwrap().split('"').next().unwrap().parse::<f64>().unwrap();
        bars.fold([0.0f64; 2], |mut most, line| {
            let panel = usize::from(x(line) > 400.0);
            most[panel] = most[panel].max(wide(line));
            most
        })
    };
    let ([flat, sharp], [own, _]) = (widest(false), widest(true));
    assert!(flat < sharp * 0.3, "14% beside most of it: {flat} and {sharp} pixels");
    assert!(own > flat * 3.0, "{own} and {flat} pixels");
}

#[test]
fn removed_tokens_say_so_and_a_gap_comes_before_a_chosen_one_far_down() {
    let cut = [("top-k 2".to_owned(), inspected("do_sample=true,top_k=2,seed=1"))];
    let figure = kinds::next(&cut, 7, false).unwrap();
    let gone = panels(&figure)[0].bars.iter().filter(|bar| bar.removed_by.as_deref() == Some("top_k")).count();
    assert_eq!(gone, 5);
    let svg = figure.svg(&Canvas::default());
    assert_eq!(svg.matches(">removed (top_k)<").count(), 5);
    assert!(!svg.contains(">0.00%<"));
    // A seed whose token is not the best one, of which alone there is to be a bar.
    let far = (0..50).find_map(|seed| {
        let inspection = inspected(&format!("do_sample=true,temperature=100.0,seed={seed}"));
        let rank = inspection.steps[0].candidates.iter().find(|c| c.id == inspection.steps[0].chosen.id).unwrap().rank;
        (rank == 6).then_some(inspection)
    });
    let figure = kinds::next(&[("hot".to_owned(), far.unwrap())], 2, false).unwrap();
    let bars = &panels(&figure)[0].bars;
    assert_eq!((bars.len(), bars[2].skipped, bars[2].chosen), (3, 3, true));
    assert!(figure.svg(&Canvas::default()).contains(">… 3 tokens between<"));
}

#[test]
fn bits_are_nats_over_the_logarithm_of_two() {
    let report = score(&engine(), None, &Prompt::Ids([0, 1, 4, 5, 2].map(TokenId).to_vec())).unwrap();
    let [nats, bits] = [Unit::Nats, Unit::Bits].map(|unit| kinds::surprisal(&report, None, unit).unwrap());
    assert_eq!((nats.data.columns[4].as_str(), bits.data.columns[4].as_str()), ("surprisal_nats", "surprisal_bits"));
    for (a, b) in nats.data.rows.iter().zip(&bits.data.rows).skip(1) {
        let (a, b) = (a[4].as_f64().unwrap(), b[4].as_f64().unwrap());
        assert!((a / std::f64::consts::LN_2 - b).abs() < 1e-12);
    }
    let [nats, bits] = [nats, bits].map(|figure| figure.svg(&Canvas::default()));
    assert!(nats.contains("entropy, nats") && bits.contains("entropy, bits") && !bits.contains("nats"));
}

#[test]
fn characters_that_no_font_has_are_all_counted() {
    let svg = |text: &str| {
        format!("<svg width=\"9\" height=\"9\" xmlns=\"http://www.w3.org/2000/svg\"><text>{text}</text></svg>")
    };
    // A plane for private use: no font has these, and all of a run are counted, not its first alone.
    let missing = png::render(&svg("a\u{10fff0}\u{10fff1}\u{10fff2}\u{10fff0} \u{200d}\u{fe0f}")).unwrap().missing;
    assert!(missing.ends_with(&['\u{10fff0}', '\u{10fff1}', '\u{10fff2}']), "{missing:?}");
    assert!(!missing.contains(&'\u{200d}') && !missing.contains(&'\u{fe0f}'));
}
