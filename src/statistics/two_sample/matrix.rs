//! Powers of a square matrix, beyond the range of a number.

/// A square matrix, row by row.
#[derive(Clone)]
pub(super) struct Matrix {
    order: usize,
    cells: Vec<f64>,
}

/// A mantissa above this gives its power of two to the exponent.
const LARGE: f64 = 1e140;
const EXPONENT: i32 = 465;

impl Matrix {
    pub fn new(order: usize, cell: impl Fn(usize, usize) -> f64) -> Self {
        let cells = (0..order * order).map(|place| cell(place / order, place % order)).collect();
        Self { order, cells }
    }

    pub fn at(&mut self, row: usize, column: usize) -> &mut f64 {
        &mut self.cells[row * self.order + column]
    }

    fn times(&self, other: &Self) -> Self {
        let order = self.order;
        let mut cells = vec![0.0; order * order];
        for (row, product) in self.cells.chunks_exact(order).zip(cells.chunks_exact_mut(order)) {
            for (factor, of) in row.iter().zip(other.cells.chunks_exact(order)) {
                for (product, cell) in product.iter_mut().zip(of) {
                    *product += factor * cell;
                }
            }
        }
        Self { order, cells }
    }

    /// The element on the diagonal of a power, as a number and the power of two to multiply it with.
    pub fn power(self, mut of: u64, place: usize) -> (f64, i32) {
        let mut power = Self::new(self.order, |row, column| f64::from(u8::from(row == column)));
        let mut square = self;
        let (mut exponent, mut square_exponent) = (0, 0);
        while of > 0 {
            if of % 2 == 1 {
                power = power.times(&square);
                exponent += square_exponent + power.scale(place);
            }
            of /= 2;
            if of > 0 {
                square = square.times(&square);
                square_exponent = 2 * square_exponent + square.scale(place);
            }
        }
        (*power.at(place, place), exponent)
    }

    fn scale(&mut self, place: usize) -> i32 {
        if *self.at(place, place) < LARGE {
            return 0;
        }
        let scale = libm::ldexp(1.0, -EXPONENT);
        self.cells.iter_mut().for_each(|cell| *cell *= scale);
        EXPONENT
    }
}
