//! The non-linear functions between a layer's two products.

use crate::compute::Compute;
use crate::exp::exp;
use crate::isa::{Kernel, Lanes};
use crate::row::map_eight;
use std::fmt;
use std::str::FromStr;

/// `1 / (1 + exp(-x))`.
#[inline(always)]
fn sigmoid<L: Lanes>(l: L, x: L::F) -> L::F {
    let one = l.splat(1.0);
    l.div(one, l.add(one, exp(l, l.sub(l.splat(0.0), x))))
}

/// An activation function, under the names that checkpoints use.
///
/// ```
/// use beamline_kernels::{Activation, Compute};
/// let mut row = [-1.0, 0.0, 3.0];
/// "relu".parse::<Activation>()?.apply(&mut row, &Compute::scalar());
/// assert_eq!(row, [0.0, 0.0, 3.0]);
/// # Ok::<(), String>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Activation {
    /// `x / 2 * (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3)))`, computed as `x sigmoid(2 ...)`, which is the same
    /// function (Hendrycks and Gimpel, 2016).
    GeluTanh,
    /// `x / 2 * (1 + erf(x / sqrt(2)))`, with `libm`'s erf.
    Gelu,
    /// `x sigmoid(1.702 x)`.
    QuickGelu,
    /// `x sigmoid(x)`, also called swish.
    Silu,
    /// `max(x, 0)`.
    Relu,
}

impl Activation {
    /// Names, as in checkpoints; several may mean one function.
    const NAMES: [(&'static str, Self); 11] = [
        ("gelu_new", Self::GeluTanh),
        ("gelu_pytorch_tanh", Self::GeluTanh),
        ("gelu_fast", Self::GeluTanh),
        ("gelu_accurate", Self::GeluTanh),
        ("gelu", Self::Gelu),
        ("gelu_python", Self::Gelu),
        ("quick_gelu", Self::QuickGelu),
        ("silu", Self::Silu),
        ("swish", Self::Silu),
        ("relu", Self::Relu),
        ("ReLU", Self::Relu),
    ];

    /// Replaces each number of `x` by its image.
    pub fn apply(self, x: &mut [f32], compute: &Compute) {
        compute.isa().run(Apply { function: self, x });
    }
}

impl FromStr for Activation {
    type Err = String;
    /// # Errors
    /// For an unknown name: the list of the known ones.
    fn from_str(name: &str) -> Result<Self, String> {
        let found = Self::NAMES.iter().find(|(known, _)| *known == name);
        found.map(|&(_, function)| function).ok_or_else(|| Self::NAMES.map(|(known, _)| known).join(", "))
    }
}

impl fmt::Display for Activation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(Self::NAMES.iter().find(|(_, function)| function == self).map_or("", |(name, _)| name))
    }
}

struct Apply<'a> {
    function: Activation,
    x: &'a mut [f32],
}

/// See [`Activation::GeluTanh`].
#[inline(always)]
fn gelu_tanh<L: Lanes>(l: L, x: L::F) -> L::F {
    let cubic = l.mul_add(l.mul(l.mul(x, x), x), l.splat(0.044_715), x);
    l.mul(x, sigmoid(l, l.mul(cubic, l.splat(1.595_769))))
}

impl Kernel for Apply<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(self, l: L) {
        match self.function {
            Activation::GeluTanh => map_eight!(l, self.x, |x| gelu_tanh(l, x)),
            Activation::Gelu => self.x.iter_mut().for_each(|x| {
                *x = 0.5 * *x * (1.0 + libm::erff(*x * std::f32::consts::FRAC_1_SQRT_2));
            }),
            Activation::QuickGelu => map_eight!(l, self.x, |x| l.mul(x, sigmoid(l, l.mul(x, l.splat(1.702))))),
            Activation::Silu => map_eight!(l, self.x, |x| l.mul(x, sigmoid(l, x))),
            Activation::Relu => map_eight!(l, self.x, |x| l.max(l.splat(0.0), x)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::isa::Isa;

    #[test]
    fn functions_follow_their_formulas() {
        let compute = Compute::new(Isa::detect(), 1).unwrap();
        for i in -400..=400 {
            let x = f64::from(i) / 40.0;
            let tanh = 0.5 * x * (1.0 + ((2.0 / std::f64::consts::PI).sqrt() * (x + 0.044_715 * x.powi(3))).tanh());
            let erf = 0.5 * x * (1.0 + libm::erf(x / 2f64.sqrt()));
            let expected = [
                (Activation::GeluTanh, tanh),
                (Activation::Gelu, erf),
                (Activation::QuickGelu, x / (1.0 + (-1.702 * x).exp())),
                (Activation::Silu, x / (1.0 + (-x).exp())),
                (Activation::Relu, x.max(0.0)),
            ];
            for (function, exact) in expected {
                let mut y = [x as f32];
                function.apply(&mut y, &compute);
                assert!((f64::from(y[0]) - exact).abs() < 2e-6, "{function}({x}) = {}, not {exact}", y[0]);
            }
        }
    }
}
