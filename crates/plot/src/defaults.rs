//! What is usual where nothing is asked for: ways to choose, options, values of a sweep.

use crate::error::PlotError;
use beamline::{Error, Options};
use beamline_study::Variant;
use serde_json::{Value, json};

/// The four ways that `next` and `heat` show.
pub(crate) const NEXT: [&str; 4] = [
    "greedy: do_sample=false,num_beams=1",
    "do_sample=true,temperature=0.7,top_k=0,top_p=1.0",
    "do_sample=true,temperature=1.0,top_k=5,top_p=1.0",
    "do_sample=true,temperature=1.0,top_k=0,top_p=0.5",
];

/// The ways that `run` names, or the `usual` ones where it names none.
///
/// ```
/// use beamline_plot::variants;
/// use beamline_study::Variant;
/// assert_eq!(variants(&[], &Variant::USUAL)?.len(), 8);
/// assert_eq!(variants(&["cold: temperature=0.2,do_sample=true".to_owned()], &[])?[0].name, "cold");
/// let error = variants(&["greddy".to_owned()], &[]).unwrap_err();
/// assert!(error.to_string().starts_with("run \"greddy\": "));
/// # Ok::<(), beamline_plot::PlotError>(())
/// ```
///
/// # Errors
/// When one cannot be read.
pub fn variants(run: &[String], usual: &[&str]) -> Result<Vec<Variant>, PlotError> {
    let all: Vec<&str> = if run.is_empty() { usual.to_vec() } else { run.iter().map(String::as_str).collect() };
    let variant =
        |text: &str| text.parse().map_err(|error| PlotError::Way { text: text.to_owned(), source: Box::new(error) });
    all.into_iter().map(variant).collect()
}

/// Options with what is taken where they say nothing: `defaults`, a JSON object of options, and `length` new tokens where
/// neither max_new_tokens nor max_length is set.
///
/// ```
/// use beamline::Options;
/// use beamline_plot::with_defaults;
/// use serde_json::json;
/// let settings = with_defaults(&Options::list("num_beams=5")?, &json!({"num_beams": 3, "seed": 0}), 40)?;
/// let value = |name: &str| settings.get(name).map(|setting| setting.value.json());
/// assert_eq!([value("num_beams"), value("seed"), value("max_new_tokens")], [5, 0, 40].map(|n| Some(json!(n))));
/// # Ok::<(), beamline::Error>(())
/// ```
///
/// # Errors
/// When a default is no option, or out of its range.
pub fn with_defaults(given: &Options, defaults: &Value, length: usize) -> Result<Options, Error> {
    let mut settings = given.clone();
    let free = |settings: &Options, name: &str| settings.get(name).is_none();
    for (name, value) in defaults.as_object().into_iter().flatten() {
        if free(&settings, name) {
            settings.config(&json!({name: value}))?;
        }
    }
    if free(&settings, "max_new_tokens") && free(&settings, "max_length") {
        settings.config(&json!({"max_new_tokens": length}))?;
    }
    Ok(settings)
}

/// The values of a sweep over an option: those given, or its usual ones.
pub(crate) fn sweep_values(option: &str, given: &[f64]) -> Result<Vec<f64>, PlotError> {
    if !given.is_empty() {
        return Ok(given.to_vec());
    }
    match option.replace('-', "_").as_str() {
        "temperature" => Ok(vec![0.2, 0.4, 0.6, 0.8, 1.0, 1.2, 1.4, 1.6, 1.8, 2.0]),
        "top_p" => Ok(vec![0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 1.0]),
        other => Err(PlotError::NoValues { option: other.to_owned() }),
    }
}
