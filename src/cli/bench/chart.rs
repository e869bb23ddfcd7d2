//! Bar charts as SVG, written by hand: rectangles and labels, nothing else.
//!
//! A chart is groups of horizontal bars. It knows nothing of benchmarks beyond
//! the two constructors that turn a result into groups.

use super::compare::Comparison;
use super::report::ratio;

/// How a bar's value becomes its length.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scale {
    /// From zero at the left edge.
    Linear,
    /// Logarithmic around 1: larger values grow right of a middle axis,
    /// smaller ones left of it.
    Ratio,
}

/// One bar with its label and the text at its end.
#[derive(Debug, Clone, PartialEq)]
pub struct Bar {
    pub label: String,
    pub value: f64,
    pub text: String,
}

/// Bars under a common heading.
#[derive(Debug, Clone, PartialEq)]
pub struct Group {
    pub label: String,
    pub bars: Vec<Bar>,
}

/// A titled chart.
#[derive(Debug, Clone, PartialEq)]
pub struct Chart {
    pub title: String,
    pub scale: Scale,
    pub groups: Vec<Group>,
}

/// The chart of a result: with one contender its times, with several how many
/// times as long as the first each of the others took.
pub fn chart(result: &Comparison) -> Chart {
    if result.contenders.len() == 1 {
        times(result)
    } else {
        ratios(result)
    }
}

fn times(result: &Comparison) -> Chart {
    let bars = result.rows.iter().filter_map(|row| {
        let least = row.outcomes.first()?.wall()?.min;
        Some(Bar {
            label: row.program.clone(),
            value: least,
            text: format!("{least:.1} ms"),
        })
    });
    let group = Group {
        label: result.contenders[0].name.clone(),
        bars: bars.collect(),
    };
    Chart {
        title: "Least wall time".to_string(),
        scale: Scale::Linear,
        groups: vec![group],
    }
}

fn ratios(result: &Comparison) -> Chart {
    let group = |label: &str, value: &dyn Fn(usize) -> Option<f64>| {
        let others = result.contenders.iter().enumerate().skip(1);
        let bars = others.filter_map(|(index, contender)| {
            let multiple = value(index)?;
            Some(Bar {
                label: contender.name.clone(),
                value: multiple,
                text: ratio(multiple),
            })
        });
        Group {
            label: label.to_string(),
            bars: bars.collect(),
        }
    };
    let mut groups = vec![group("geometric mean", &|index| {
        result.overall(index).map(|overall| overall.mean)
    })];
    for row in &result.rows {
        groups.push(group(&row.program, &|index| row.ratio(index)));
    }
    let base = &result.contenders[0].name;
    Chart {
        title: format!("Time as a multiple of {base}'s (right: slower than {base})"),
        scale: Scale::Ratio,
        groups,
    }
}

const WIDTH: f64 = 760.0;
const MARGIN: f64 = 10.0;
/// Room for labels left of the bars and for texts right of them.
const LABELS: f64 = 190.0;
const TEXTS: f64 = 80.0;
const TITLE: f64 = 34.0;
const HEADING: f64 = 24.0;
const BAR: f64 = 15.0;
const COLOURS: [&str; 6] = [
    "#4c78a8", "#f58518", "#54a24b", "#b279a2", "#e45756", "#72b7b2",
];

impl Chart {
    /// The chart as an SVG document.
    pub fn to_svg(&self) -> String {
        let bars: usize = self.groups.iter().map(|group| group.bars.len()).sum();
        let height = TITLE + HEADING * self.groups.len() as f64 + BAR * bars as f64 + 2.0 * MARGIN;
        let mut svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}\" height=\"{height}\" \
             viewBox=\"0 0 {WIDTH} {height}\" font-family=\"sans-serif\" font-size=\"11\">\n\
             <path d=\"M0 0H{WIDTH}V{height}H0Z\" fill=\"#ffffff\"/>\n"
        );
        let mut y = MARGIN + 14.0;
        svg += &text(MARGIN, y, "start", 15, &self.title);
        y += TITLE - 14.0;
        for group in &self.groups {
            y += HEADING;
            svg += &text(MARGIN, y - 6.0, "start", 12, &group.label);
            for (index, bar) in group.bars.iter().enumerate() {
                svg += &self.bar(bar, y, COLOURS[index % COLOURS.len()]);
                y += BAR;
            }
        }
        if self.scale == Scale::Ratio {
            let axis = self.axis();
            svg += &format!(
                "<path d=\"M{axis:.1} {:.1}V{y:.1}\" stroke=\"#333333\"/>\n",
                MARGIN + TITLE
            );
        }
        svg + "</svg>\n"
    }

    fn bar(&self, bar: &Bar, y: f64, colour: &str) -> String {
        let axis = self.axis();
        let end = axis + self.length(bar.value);
        let (left, right) = (axis.min(end), axis.max(end));
        let baseline = y + BAR - 4.0;
        format!(
            "{}<rect x=\"{left:.1}\" y=\"{y:.1}\" width=\"{:.1}\" height=\"{:.1}\" fill=\"{colour}\"/>\n{}",
            text(LABELS - 6.0, baseline, "end", 11, &bar.label),
            right - left,
            BAR - 3.0,
            text(right + 4.0, baseline, "start", 11, &bar.text),
        )
    }

    /// Where bars begin.
    fn axis(&self) -> f64 {
        match self.scale {
            Scale::Linear => LABELS,
            Scale::Ratio => {
                let smallest = self.extreme(|value| -value.ln());
                let largest = self.extreme(f64::ln);
                let whole = smallest + largest;
                let share = if whole > 0.0 { smallest / whole } else { 0.0 };
                LABELS + share * room()
            }
        }
    }

    /// The signed length of a value's bar.
    fn length(&self, value: f64) -> f64 {
        let (part, whole) = match self.scale {
            Scale::Linear => (value, self.extreme(|value| value)),
            Scale::Ratio => (
                value.ln(),
                self.extreme(|value| -value.ln()) + self.extreme(f64::ln),
            ),
        };
        if whole > 0.0 {
            part / whole * room()
        } else {
            0.0
        }
    }

    /// The largest measure of any bar, at least zero.
    fn extreme(&self, measure: impl Fn(f64) -> f64) -> f64 {
        let bars = self.groups.iter().flat_map(|group| &group.bars);
        bars.map(|bar| measure(bar.value)).fold(0.0, f64::max)
    }
}

/// The width that bars may use.
fn room() -> f64 {
    WIDTH - LABELS - TEXTS
}

fn text(x: f64, y: f64, anchor: &str, size: u32, content: &str) -> String {
    let content = escape(content);
    format!(
        "<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\" font-size=\"{size}\">{content}</text>\n"
    )
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::super::compare::samples::{comparison, row, timed, two_languages};
    use super::*;

    /// The numbers of one attribute of all rectangles.
    fn rectangles(svg: &str, attribute: &str) -> Vec<f64> {
        let mark = format!(" {attribute}=\"");
        svg.lines()
            .filter(|line| line.starts_with("<rect "))
            .map(|line| {
                let rest = line.split_once(&mark).unwrap().1;
                rest.split_once('"').unwrap().0.parse().unwrap()
            })
            .collect()
    }

    /// Every tag is closed in the right order, attributes are quoted, and no
    /// bare `&` or `<` is left in texts.
    fn assert_well_formed(svg: &str) {
        let mut open: Vec<String> = Vec::new();
        let mut rest = svg;
        while let Some((content, tail)) = rest.split_once('<') {
            for entity in content.split('&').skip(1) {
                assert!(["amp;", "lt;", "gt;"].iter().any(|e| entity.starts_with(e)));
            }
            let (tag, after) = tail.split_once('>').unwrap();
            assert!(
                !tag.contains('<') && tag.matches('"').count() % 2 == 0,
                "{tag}"
            );
            if let Some(name) = tag.strip_prefix('/') {
                assert_eq!(open.pop().as_deref(), Some(name));
            } else if !tag.ends_with('/') {
                open.push(tag.split(' ').next().unwrap().to_string());
            }
            rest = after;
        }
        assert!(open.is_empty(), "{open:?}");
        assert_eq!(rest.trim(), "");
    }

    #[test]
    fn a_comparison_has_one_bar_for_each_ratio() {
        let svg = chart(&two_languages()).to_svg();
        assert_well_formed(&svg);
        // The mean, "adds" and "calls"; the other two have no ratio.
        assert_eq!(rectangles(&svg, "width").len(), 3);
        assert!(svg.contains(">9.00x</text>"));
    }

    #[test]
    fn one_contender_has_one_bar_for_each_program() {
        let rows = vec![
            row("short", vec![timed(&[10])]),
            row("long", vec![timed(&[40])]),
        ];
        let svg = chart(&comparison(&["ruff"], rows)).to_svg();
        assert_well_formed(&svg);
        let widths = rectangles(&svg, "width");
        assert_eq!(widths.len(), 2);
        assert!((widths[1] / widths[0] - 4.0).abs() < 0.01);
    }

    #[test]
    fn ratios_below_one_go_left_of_the_axis() {
        let bar = |value| Bar {
            label: "a <b> & c".to_string(),
            value,
            text: String::new(),
        };
        let group = Group {
            label: "g".to_string(),
            bars: vec![bar(0.25), bar(4.0)],
        };
        let chart = Chart {
            title: "t".to_string(),
            scale: Scale::Ratio,
            groups: vec![group],
        };
        let svg = chart.to_svg();
        assert_well_formed(&svg);
        let lefts = rectangles(&svg, "x");
        let widths = rectangles(&svg, "width");
        assert!((lefts[0] + widths[0] - lefts[1]).abs() < 0.2);
        assert!((widths[0] - widths[1]).abs() < 0.2);
    }

    #[test]
    fn an_empty_chart_is_still_a_picture() {
        let svg = chart(&comparison(&["ruff"], Vec::new())).to_svg();
        assert_well_formed(&svg);
        assert!(rectangles(&svg, "x").is_empty());
    }
}
