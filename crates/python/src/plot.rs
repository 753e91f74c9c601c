//! Pictures of what a model expects and what a search does.

use crate::completion::Completion;
use crate::engine::{Engine, options};
use crate::failure::{GenerationError, of};
use crate::prompts::GivenPrompt;
use beamline::{Fault, Prompt};
use beamline_draw::{Canvas, Report, Theme, png, report_page};
use beamline_plot::{PlotError, PlotRequest, report_figures};
use pyo3::prelude::*;
use pyo3::types::PyBytes;

/// A figure, to be drawn in any size.
#[pyclass(frozen, module = "beamline._beamline")]
pub(crate) struct Figure {
    figure: beamline_draw::Figure,
}

/// How large a picture is at the least, and in which colours.
fn canvas(width: u32, height: u32, dark: bool) -> Canvas {
    Canvas { width, height, theme: if dark { Theme::Dark } else { Theme::Light } }
}

/// The exception of a picture that cannot be.
fn plot(error: &PlotError) -> PyErr {
    of(error.fault(), error)
}

/// What kinds of pictures take, beside decoding options.
#[pyfunction]
pub(crate) fn plot_arguments() -> Vec<&'static str> {
    PlotRequest::ARGUMENTS.to_vec()
}

#[pymethods]
impl Figure {
    /// As SVG.
    #[pyo3(signature = (width = 800, height = 500, dark = false))]
    fn svg(&self, width: u32, height: u32, dark: bool) -> String {
        self.figure.svg(&canvas(width, height, dark))
    }

    /// As a page of HTML that needs no network.
    #[pyo3(signature = (width = 800, height = 500, dark = false))]
    fn html(&self, width: u32, height: u32, dark: bool) -> String {
        self.figure.html(&canvas(width, height, dark))
    }

    /// As PNG, and the characters for which no font was found.
    #[pyo3(signature = (width = 800, height = 500, dark = false))]
    fn png<'py>(
        &self,
        py: Python<'py>,
        width: u32,
        height: u32,
        dark: bool,
    ) -> PyResult<(Bound<'py, PyBytes>, String)> {
        let drawn = py.detach(|| png::render(&self.figure.svg(&canvas(width, height, dark))));
        let drawn = drawn.map_err(|error| GenerationError::new_err(error.to_string()))?;
        Ok((PyBytes::new(py, &drawn.bytes), drawn.missing.iter().collect()))
    }

    /// The numbers behind it, as JSON.
    fn json(&self) -> String {
        self.figure.data.json.to_string()
    }

    /// The numbers behind it, as CSV.
    fn csv(&self) -> String {
        self.figure.data.csv()
    }
}

/// Draws what a request says: an object with a kind, and what that kind takes.
#[pyfunction]
pub(crate) fn figure(
    py: Python<'_>,
    engine: &Engine,
    prompt: GivenPrompt,
    request_json: &str,
    options_json: &str,
) -> PyResult<Figure> {
    let (held, prompt, options) = (engine.engine()?, Prompt::from(prompt), options(options_json)?);
    let request = serde_json::from_str(request_json).map_err(|error| of(Fault::Usage, &error))?;
    let request = PlotRequest::read(&request).map_err(|error| plot(&error))?;
    let figure = engine.compute(py, || request.figure(&held, &prompt, &options, &mut |_, _| {}), plot)?;
    Ok(Figure { figure })
}

/// A completion as a page of HTML, with the pictures of its first prompt and with what runs it again.
#[pyfunction]
#[pyo3(signature = (engine, completion, width = 800, height = 500, dark = false))]
pub(crate) fn report(
    py: Python<'_>,
    engine: &Engine,
    completion: &Completion,
    width: u32,
    height: u32,
    dark: bool,
) -> PyResult<String> {
    let held = engine.engine()?;
    let (bundle, plan, prompts) = completion.repeatable()?;
    let work = || {
        let figures = report_figures(&held, prompts, plan, completion.inner())?;
        let report = Report { completion: completion.inner(), bundle, figures: &figures };
        Ok(report_page(&report, &canvas(width, height, dark))?)
    };
    engine.compute(py, work, plot)
}
