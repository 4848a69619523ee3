//! Many questions at once: the more are asked, the less each may be left to chance.

/// Probabilities adjusted so that calling those below `alpha` a difference is wrong, anywhere among them, with at most the
/// probability `alpha`: S. Holm, "A Simple Sequentially Rejective Multiple Test Procedure", Scandinavian Journal of Statistics 6
/// (1979). In the order given.
pub(crate) fn adjusted(probabilities: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..probabilities.len()).collect();
    order.sort_by(|a, b| probabilities[*a].total_cmp(&probabilities[*b]));
    let mut adjusted = vec![1.0; probabilities.len()];
    let mut least = 0.0_f64;
    for (rank, index) in order.into_iter().enumerate() {
        let left = super::signed_rank::as_f64(probabilities.len() - rank);
        least = least.max((left * probabilities[index]).min(1.0));
        adjusted[index] = least;
    }
    adjusted
}

#[cfg(test)]
mod tests {
    use super::adjusted;

    #[test]
    fn as_r_adjusts_them() {
        // R: p.adjust(p, "holm")
        let check = |given: &[f64], expected: &[f64]| {
            let found = adjusted(given);
            let close = found.iter().zip(expected).all(|(found, expected)| (found - expected).abs() < 1e-12);
            assert!(close && found.len() == expected.len(), "{given:?}: {found:?}");
        };
        check(&[], &[]);
        check(&[0.04], &[0.04]);
        check(&[0.01, 0.04, 0.03], &[0.03, 0.06, 0.06]);
        check(&[0.9, 0.001, 0.02, 0.5], &[1.0, 0.004, 0.06, 1.0]);
        check(&[0.5, 0.5], &[1.0, 1.0]);
    }
}
