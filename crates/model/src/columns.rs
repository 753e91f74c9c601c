//! Some columns of a matrix, to read row by row.

/// Neighbouring columns of a row-major matrix: queries, keys or values among all that one product gave.
#[derive(Clone, Copy)]
pub(crate) struct Columns<'a> {
    rows: &'a [f32], // [rows, stride]
    stride: usize,
    from: usize,
    width: usize,
}

impl<'a> Columns<'a> {
    /// All columns; `rows` is `[count, width]`.
    pub(crate) fn all(rows: &'a [f32], count: usize) -> Self {
        let width = rows.len() / count;
        Self { rows, stride: width, from: 0, width }
    }

    /// Part `which` of `count` equal parts of each row; `rows` is `[n, stride]`.
    pub(crate) fn part(rows: &'a [f32], stride: usize, which: usize, count: usize) -> Self {
        let width = stride / count;
        Self { rows, stride, from: which * width, width }
    }

    /// Numbers in a row.
    pub(crate) fn width(&self) -> usize {
        self.width
    }

    /// Row `row`, of these columns alone.
    pub(crate) fn row(&self, row: usize) -> &'a [f32] {
        &self.rows[row * self.stride + self.from..][..self.width]
    }

    /// These columns from row `first` on.
    pub(crate) fn skip(self, first: usize) -> Self {
        Self { rows: &self.rows[first * self.stride..], ..self }
    }
}
