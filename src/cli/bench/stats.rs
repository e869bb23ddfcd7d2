//! Minimum, median and geometric mean: the three numbers of a report.
//!
//! Plain arithmetic on milliseconds; nothing here measures anything.

/// A summary of repeated measurements of one program, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Summary {
    pub min: f64,
    pub median: f64,
}

/// Summarises `values`; `None` if there are none.
pub fn summarise(values: &[f64]) -> Option<Summary> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let min = *sorted.first()?;
    Some(Summary {
        min,
        median: median_of_sorted(&sorted),
    })
}

/// The median of `values`; `None` if there are none.
pub fn median(values: &[f64]) -> Option<f64> {
    summarise(values).map(|summary| summary.median)
}

fn median_of_sorted(sorted: &[f64]) -> f64 {
    let middle = sorted.len() / 2;
    if sorted.len() % 2 == 1 {
        sorted[middle]
    } else {
        (sorted[middle - 1] + sorted[middle]) / 2.0
    }
}

/// The geometric mean of positive ratios; `None` if there are none.
pub fn geometric_mean(ratios: &[f64]) -> Option<f64> {
    if ratios.is_empty() {
        return None;
    }
    let logs: f64 = ratios.iter().map(|ratio| ratio.ln()).sum();
    Some((logs / ratios.len() as f64).exp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn median_of_odd_and_even_counts() {
        let odd = summarise(&[3.0, 1.0, 2.0]).unwrap();
        assert_eq!((odd.min, odd.median), (1.0, 2.0));
        let even = summarise(&[4.0, 1.0, 3.0, 2.0]).unwrap();
        assert_eq!((even.min, even.median), (1.0, 2.5));
        assert_eq!(summarise(&[]), None);
    }

    #[test]
    fn geometric_mean_balances_ratios() {
        assert!((geometric_mean(&[4.0, 0.25]).unwrap() - 1.0).abs() < 1e-12);
        assert!((geometric_mean(&[2.0, 8.0]).unwrap() - 4.0).abs() < 1e-12);
        assert_eq!(geometric_mean(&[]), None);
    }
}
