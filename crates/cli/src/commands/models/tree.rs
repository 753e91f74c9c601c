//! A model as a tree of modules, as its tensors' names part it.

use beamline::TensorInfo;
use std::fmt::Write;

/// A module, or the end of a tensor's name.
#[derive(Default, PartialEq, Eq)]
struct Module<'a> {
    parts: Vec<(&'a str, Self)>,
    tensor: Option<&'a TensorInfo>,
}

/// Modules with the shapes of their tensors, indented; neighbours with numbers that are alike but for those stand once.
pub(super) fn tree(tensors: &[TensorInfo]) -> String {
    let mut root = Module::default();
    for tensor in tensors {
        let mut at = &mut root;
        for part in tensor.name.split('.') {
            let place = at.parts.iter().position(|(name, _)| *name == part);
            let place = place.unwrap_or_else(|| {
                at.parts.push((part, Module::default()));
                at.parts.len() - 1
            });
            at = &mut at.parts[place].1;
        }
        at.tensor = Some(tensor);
    }
    let mut out = String::new();
    root.write(1, &mut out);
    out
}

impl Module<'_> {
    /// What is alike of two modules: all but the tensors' full names.
    fn is_like(&self, other: &Self) -> bool {
        let shape = |module: &Self| module.tensor.map(|tensor| (tensor.shape.clone(), tensor.dtype.clone()));
        let pairs = || self.parts.iter().zip(&other.parts);
        shape(self) == shape(other)
            && self.parts.len() == other.parts.len()
            && pairs().all(|((a, first), (b, second))| a == b && first.is_like(second))
    }

    fn write(&self, depth: usize, out: &mut String) {
        let mut parts: Vec<&(&str, Self)> = self.parts.iter().collect();
        // Layers by number; what has a name stays where the file has it.
        parts.sort_by_key(|(name, _)| name.parse::<usize>().ok());
        let mut i = 0;
        while i < parts.len() {
            let (name, module) = parts[i];
            let is_number = |name: &str| name.parse::<usize>().is_ok();
            let alike =
                parts[i..].iter().take_while(|(other, m)| is_number(other) && is_number(name) && m.is_like(module));
            let alike = alike.count().max(1);
            let name = if alike > 1 {
                format!("{name}..{} ({alike} alike)", parts[i + alike - 1].0)
            } else {
                (*name).to_owned()
            };
            let indent = "  ".repeat(depth);
            match module.tensor {
                Some(tensor) => {
                    let _ = writeln!(out, "{indent}{name} {:?} {}", tensor.shape, tensor.dtype);
                }
                // A module with nothing but one part is no level of its own.
                None if module.parts.iter().all(|(_, part)| part.tensor.is_some()) => {
                    let tensor = |(part, module): &(&str, Self)| {
                        module
                            .tensor
                            .map_or(String::new(), |tensor| format!("{part} {:?} {}", tensor.shape, tensor.dtype))
                    };
                    let all: Vec<String> = module.parts.iter().map(tensor).collect();
                    let _ = writeln!(out, "{indent}{name}: {}", all.join(", "));
                }
                None => {
                    let _ = writeln!(out, "{indent}{name}");
                    module.write(depth + 1, out);
                }
            }
            i += alike;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layers_that_are_alike_stand_once() {
        let tensor = |name: &str, shape: &[usize]| TensorInfo {
            name: name.to_owned(),
            shape: shape.to_vec(),
            dtype: "f32".to_owned(),
        };
        let tensors = [
            tensor("h.0.ln.bias", &[4]),
            tensor("h.0.ln.weight", &[4]),
            tensor("h.0.mlp.fc.weight", &[4, 16]),
            tensor("h.10.ln.bias", &[4]),
            tensor("h.10.ln.weight", &[4]),
            tensor("h.10.mlp.fc.weight", &[4, 8]),
            tensor("h.9.ln.bias", &[4]),
            tensor("h.9.ln.weight", &[4]),
            tensor("h.9.mlp.fc.weight", &[4, 16]),
            tensor("wte.weight", &[9, 4]),
        ];
        assert_eq!(
            tree(&tensors),
            "  h\n    0..9 (2 alike)\n      ln: bias [4] f32, weight [4] f32\n      mlp\n        fc: weight [4, 16] f32\n    10\n      \
             ln: bias [4] f32, weight [4] f32\n      mlp\n        fc: weight [4, 8] f32\n  wte: weight [9, 4] f32\n"
        );
    }
}
