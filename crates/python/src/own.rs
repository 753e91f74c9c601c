//! Functions and objects of Python as parts of a search: processors, rules to stop, strategies.

mod outlook;
mod processor;
mod rule;
mod strategy;
mod tree;

pub(crate) use outlook::Outlook;
pub(crate) use processor::PythonProcessor;
pub(crate) use rule::PythonRule;
pub(crate) use strategy::PythonStrategy;
pub(crate) use tree::Tree;
