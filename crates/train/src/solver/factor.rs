//! Dense linear algebra on lower triangles, by faer in one thread: the same bits everywhere.

use faer::dyn_stack::{MemBuffer, MemStack};
use faer::linalg::cholesky::llt::factor::{
    LltRegularization, cholesky_in_place, cholesky_in_place_scratch,
};
use faer::linalg::householder::{
    apply_block_householder_sequence_on_the_left_in_place_scratch,
    apply_block_householder_sequence_on_the_left_in_place_with_conj,
};
use faer::linalg::qr::no_pivoting::factor::{
    qr_in_place, qr_in_place_scratch, recommended_block_size,
};
use faer::linalg::{triangular_inverse, triangular_solve};
use faer::{Conj, Mat, Par, Spec};

/// The Cholesky factor of a symmetric positive matrix.
pub(crate) struct Factor(Mat<f64>);

/// The inverse of a [`Factor`], a lower triangle.
pub(crate) struct InverseFactor(Mat<f64>);

impl Factor {
    /// Factors a matrix of which the lower triangle is given; `None` where it is not positive.
    pub(crate) fn new(mut matrix: Mat<f64>) -> Option<Self> {
        let scratch = cholesky_in_place_scratch::<f64>(matrix.nrows(), Par::Seq, Spec::default());
        cholesky_in_place(
            matrix.as_mut(),
            LltRegularization::default(),
            Par::Seq,
            MemStack::new(&mut MemBuffer::new(scratch)),
            Spec::default(),
        )
        .ok()?;
        Some(Self(matrix))
    }

    /// The solution of `matrix x = right`.
    pub(crate) fn solve(&self, right: &[f64]) -> Vec<f64> {
        let mut x = Mat::from_fn(right.len(), 1, |i, _| right[i]);
        triangular_solve::solve_lower_triangular_in_place(self.0.as_ref(), x.as_mut(), Par::Seq);
        triangular_solve::solve_upper_triangular_in_place(self.0.transpose(), x.as_mut(), Par::Seq);
        (0..right.len()).map(|i| x[(i, 0)]).collect()
    }

    /// Solves `L' x = right` in the place of the right sides, with `L` the factor: draws of a unit
    /// normal become draws with the inverse of the matrix as their covariance.
    pub(crate) fn solve_upper(&self, right: &mut Mat<f64>) {
        triangular_solve::solve_upper_triangular_in_place(
            self.0.transpose(),
            right.as_mut(),
            Par::Seq,
        );
    }

    /// The inverse of the factor.
    pub(crate) fn inverse(&self) -> InverseFactor {
        let size = self.0.nrows();
        let mut inverse = Mat::zeros(size, size);
        triangular_inverse::invert_lower_triangular(inverse.as_mut(), self.0.as_ref(), Par::Seq);
        InverseFactor(inverse)
    }
}

/// A diagonal block of the inverse of the factored matrix: `cells` rows and columns from `first`.
pub(crate) fn inverse_block(inverse: &InverseFactor, first: usize, cells: usize) -> Mat<f64> {
    let below = inverse.0.submatrix(first, first, inverse.0.nrows() - first, cells);
    below.transpose() * below
}

/// As many orthonormal columns as a matrix of no fewer rows than columns has, and a square matrix: their product is
/// the matrix (its QR decomposition by Householder's reflections, which needs no full rank).
pub(super) fn orthonormal(mut matrix: Mat<f64>) -> (Mat<f64>, Mat<f64>) {
    let (rows, columns) = matrix.shape();
    let block = recommended_block_size::<f64>(rows, columns);
    let mut reflections = Mat::zeros(block, columns);
    let scratch = qr_in_place_scratch::<f64>(rows, columns, block, Par::Seq, Spec::default());
    qr_in_place(
        matrix.as_mut(),
        reflections.as_mut(),
        Par::Seq,
        MemStack::new(&mut MemBuffer::new(scratch)),
        Spec::default(),
    );
    let mut orthonormal = Mat::identity(rows, columns);
    let scratch =
        apply_block_householder_sequence_on_the_left_in_place_scratch::<f64>(rows, block, columns);
    apply_block_householder_sequence_on_the_left_in_place_with_conj(
        matrix.as_ref(),
        reflections.as_ref(),
        Conj::No,
        orthonormal.as_mut(),
        Par::Seq,
        MemStack::new(&mut MemBuffer::new(scratch)),
    );
    // What is below the diagonal are the reflections.
    let upper = |i: usize, j: usize| if i <= j { matrix[(i, j)] } else { 0.0 };
    (orthonormal, Mat::from_fn(columns, columns, upper))
}
