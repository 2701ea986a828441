//! Owns drawing numbers over time: values in, a figure out that a page puts where it wants it (`{{ plot }}`): SVG without a
//! style or a script of its own, a key, and the same numbers as a table. It does not own the numbers, nor the colours, which
//! are classes of `admin.css`.

use std::fmt::Write;

use askama::Template;
use askama::filters::HtmlSafe;

use crate::time::Timestamp;

const WIDTH: f64 = 480.0;
const HEIGHT: f64 = 200.0;
/// The edges of the field that the values are drawn in.
const LEFT: f64 = 48.0;
const RIGHT: f64 = 474.0;
const TOP: f64 = 10.0;
const BOTTOM: f64 = 172.0;

/// How many colours there are; a series more begins anew.
const COLOURS: usize = 5;

/// How values are drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// A line for each series.
    Lines,
    /// A line for each series, and the field below it filled.
    Areas,
    /// One bar for each point, the series one on top of the other.
    StackedBars,
}

/// What the values are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Whole numbers of something.
    Count,
    /// Milliseconds.
    Milliseconds,
}

/// Values of one kind.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    /// Its name in the key and in the table.
    pub name: String,
    /// One for each point; `None` where there is none. Below zero counts as zero.
    pub values: Vec<Option<f64>>,
}

impl Series {
    /// A series of whole numbers.
    pub fn of_counts(name: impl Into<String>, counts: &[i64]) -> Self {
        Self { name: name.into(), values: counts.iter().map(|count| Some(*count as f64)).collect() }
    }
}

/// What is to be drawn.
#[derive(Clone, Debug)]
pub struct Figures {
    /// The figure's `id`, unique on its page; a fixed word.
    pub id: &'static str,
    /// What it shows.
    pub title: String,
    /// What the values are.
    pub unit: Unit,
    /// How they are drawn.
    pub shape: Shape,
    /// Where each point begins, in order and evenly spaced.
    pub times: Vec<Timestamp>,
    /// The values.
    pub series: Vec<Series>,
}

/// A figure, ready to be put on a page.
#[derive(Clone, Debug, Template)]
#[template(path = "admin/plot.html")]
pub struct Plot {
    id: &'static str,
    title: String,
    description: String,
    unit: &'static str,
    marks_y: Vec<Mark>,
    marks_x: Vec<Mark>,
    paths: Vec<Path>,
    keys: Vec<Key>,
    swatch: &'static str,
    /// Empty if there is nothing to be seen.
    rows: Vec<Row>,
}

/// The template escapes each text itself.
impl HtmlSafe for Plot {}

/// A number or a time beside an axis.
#[derive(Clone, Debug, PartialEq)]
struct Mark {
    at: f64,
    words: String,
}

#[derive(Clone, Debug)]
struct Path {
    class: String,
    d: String,
}

#[derive(Clone, Debug)]
struct Key {
    class: String,
    name: String,
}

#[derive(Clone, Debug)]
struct Row {
    time: String,
    values: Vec<String>,
}

impl Plot {
    /// Draws. With no value, or nothing but zeros, the figure says that there is no data yet.
    pub fn draw(figures: Figures) -> Self {
        let Figures { id, title, unit, shape, times, series } = figures;
        let series: Vec<Series> =
            series.into_iter().map(|s| Series { values: cleaned(s.values, times.len()), ..s }).collect();
        let tops = tops(&series, shape, times.len());
        let highest = tops.iter().copied().fold(0.0, f64::max);
        let scale = Scale::up_to(highest, unit);
        let class = |at: usize, kind: &str| format!("plot-{kind} s{}", at % COLOURS);
        let kind = if shape == Shape::StackedBars { "bar" } else { "line" };
        let rows = match highest > 0.0 {
            true => rows(&times, &series, unit),
            false => Vec::new(),
        };
        Self {
            description: describe(&times, &scale.words(highest), unit),
            unit: unit.words(),
            marks_y: scale.marks(),
            marks_x: marks_of_time(&times),
            paths: paths(&series, shape, &scale, class),
            keys: series.into_iter().enumerate().map(|(at, s)| Key { class: class(at, kind), name: s.name }).collect(),
            swatch: if shape == Shape::StackedBars { "M6 1h12v10h-12z" } else { "M1 6H23" },
            id,
            title,
            rows,
        }
    }
}

impl Unit {
    fn words(self) -> &'static str {
        match self {
            Unit::Count => "",
            Unit::Milliseconds => "milliseconds",
        }
    }

    /// A value in the table.
    fn cell(self, value: Option<f64>) -> String {
        match (value, self) {
            (None, _) => "–".to_owned(),
            (Some(value), Unit::Count) => format!("{value:.0}"),
            (Some(value), Unit::Milliseconds) if value < 10.0 => format!("{value:.2}"),
            (Some(value), Unit::Milliseconds) => format!("{value:.0}"),
        }
    }
}

/// As many values as there are points, each of them a number that can be drawn.
fn cleaned(mut values: Vec<Option<f64>>, points: usize) -> Vec<Option<f64>> {
    values.resize(points, None);
    values.into_iter().map(|value| value.filter(|v| v.is_finite()).map(|v| v.max(0.0))).collect()
}

/// The highest that is drawn at each point.
fn tops(series: &[Series], shape: Shape, points: usize) -> Vec<f64> {
    let at = |point: usize| series.iter().filter_map(move |s| s.values.get(point).copied().flatten());
    let top = |point| match shape {
        Shape::StackedBars => at(point).sum(),
        Shape::Lines | Shape::Areas => at(point).fold(0.0, f64::max),
    };
    (0..points).map(top).collect()
}

/// From zero to a round number, in round steps.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Scale {
    top: f64,
    step: f64,
}

impl Scale {
    /// At most five steps of 1, 2 or 5 times a power of ten; whole ones for what is counted.
    fn up_to(highest: f64, unit: Unit) -> Self {
        let least = if unit == Unit::Count { 1.0 } else { 0.01 };
        let mut power: f64 = least;
        let step = loop {
            let fits = |factor: &f64| power * factor * 5.0 >= highest;
            if let Some(factor) = [1.0, 2.0, 5.0].iter().find(|factor| fits(factor)) {
                break power * factor;
            }
            power *= 10.0;
        };
        // A hair less, or 0.3 / 0.1 would be four steps.
        let steps = (highest / step - 1e-9).ceil().max(1.0);
        Self { top: step * steps, step }
    }

    /// How far up a value stands.
    fn y(self, value: f64) -> f64 {
        BOTTOM - (BOTTOM - TOP) * value / self.top
    }

    fn marks(self) -> Vec<Mark> {
        let steps = (self.top / self.step).round() as usize;
        let value = |at: usize| self.step * at as f64;
        (0..=steps).map(|at| Mark { at: rounded(self.y(value(at))), words: self.words(value(at)) }).collect()
    }

    /// A number in few characters: `0.05`, `250`, `20k`, `1.5M`.
    fn words(self, value: f64) -> String {
        let (value, letter) = match value {
            v if v >= 1e9 => (v / 1e9, "G"),
            v if v >= 1e6 => (v / 1e6, "M"),
            v if v >= 1e4 => (v / 1e3, "k"),
            v => (v, ""),
        };
        let text = format!("{value:.2}");
        format!("{}{letter}", text.trim_end_matches('0').trim_end_matches('.'))
    }
}

/// The middle of the place that a point has on the axis, and how wide that place is.
fn place(point: usize, points: usize) -> (f64, f64) {
    let wide = (RIGHT - LEFT) / points.max(1) as f64;
    (LEFT + wide * (point as f64 + 0.5), wide)
}

/// At most seven times that are whole multiples of a usual span: hours, or days.
fn marks_of_time(times: &[Timestamp]) -> Vec<Mark> {
    const MINUTES: [i64; 13] = [10, 30, 60, 120, 240, 360, 720, 1440, 2880, 7200, 14_400, 43_200, 144_000];
    let every = |minutes: i64| move |at: &&Timestamp| at.millis().rem_euclid(minutes * 60_000) == 0;
    let Some(minutes) = MINUTES.into_iter().find(|minutes| times.iter().filter(every(*minutes)).count() <= 7) else {
        return Vec::new();
    };
    let marked = times.iter().enumerate().filter(|(_, at)| every(minutes)(at));
    let words = |at: &Timestamp| {
        let text = at.rfc3339();
        let part = if minutes < 1440 { text.get(11..16) } else { text.get(5..10) };
        part.unwrap_or_default().to_owned()
    };
    marked.map(|(point, at)| Mark { at: rounded(place(point, times.len()).0), words: words(at) }).collect()
}

fn paths(series: &[Series], shape: Shape, scale: &Scale, class: impl Fn(usize, &str) -> String) -> Vec<Path> {
    let mut paths = Vec::new();
    let mut floor = vec![0.0; series.first().map_or(0, |s| s.values.len())];
    for (at, s) in series.iter().enumerate() {
        match shape {
            Shape::StackedBars => paths.push(Path { class: class(at, "bar"), d: bars(&s.values, &mut floor, scale) }),
            Shape::Areas => paths.push(Path { class: class(at, "area"), d: line(&s.values, scale, true) }),
            Shape::Lines => {}
        }
        if shape != Shape::StackedBars {
            paths.push(Path { class: class(at, "line"), d: line(&s.values, scale, false) });
        }
    }
    paths
}

/// One stroke for each run of values; where there is none the line has a gap. A lone value becomes a dot.
fn line(values: &[Option<f64>], scale: &Scale, closed: bool) -> String {
    let mut d = String::new();
    let mut run: Option<(f64, f64)> = None;
    for (point, value) in values.iter().map(Some).chain([None]).enumerate() {
        let (x, _) = place(point, values.len());
        match (value.copied().flatten(), run) {
            (Some(value), None) => {
                let y = scale.y(value);
                let _ = match closed {
                    true => write!(d, "M{} {}V{}", rounded(x), rounded(BOTTOM), rounded(y)),
                    false => write!(d, "M{} {}h0", rounded(x), rounded(y)),
                };
                run = Some((x, y));
            }
            (Some(value), Some(_)) => {
                let y = scale.y(value);
                let _ = write!(d, "L{} {}", rounded(x), rounded(y));
                run = Some((x, y));
            }
            (None, Some((last, _))) => {
                if closed {
                    let _ = write!(d, "L{} {}z", rounded(last), rounded(BOTTOM));
                }
                run = None;
            }
            (None, None) => {}
        }
    }
    d
}

/// A bar at each point, standing on what is there already.
fn bars(values: &[Option<f64>], floor: &mut [f64], scale: &Scale) -> String {
    let mut d = String::new();
    for ((point, value), floor) in values.iter().enumerate().zip(floor.iter_mut()) {
        let value = value.unwrap_or(0.0);
        if value > 0.0 {
            let (middle, wide) = place(point, values.len());
            let (x, width) = (rounded(middle - wide * 0.4), rounded(wide * 0.8));
            let (y, height) = (rounded(scale.y(*floor + value)), rounded(scale.y(*floor) - scale.y(*floor + value)));
            let _ = write!(d, "M{x} {y}h{width}v{height}h-{width}z");
            *floor += value;
        }
    }
    d
}

fn rows(times: &[Timestamp], series: &[Series], unit: Unit) -> Vec<Row> {
    let row = |(point, at): (usize, &Timestamp)| Row {
        time: minute(*at),
        values: series.iter().map(|s| unit.cell(s.values.get(point).copied().flatten())).collect(),
    };
    times.iter().enumerate().map(row).collect()
}

fn describe(times: &[Timestamp], highest: &str, unit: Unit) -> String {
    let (first, last) = (times.first(), times.last());
    let when = |at: Option<&Timestamp>| at.map(|at| minute(*at)).unwrap_or_default();
    let unit = if unit == Unit::Count { String::new() } else { format!(" {}", unit.words()) };
    format!(
        "From {} to {} UTC; the highest value is {highest}{unit}. The numbers follow as a table.",
        when(first),
        when(last)
    )
}

/// As in `2026-11-22 12:00`.
fn minute(at: Timestamp) -> String {
    at.rfc3339().get(..16).unwrap_or_default().replace('T', " ")
}

/// To a hundredth: finer than any screen, and short.
fn rounded(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIDNIGHT: i64 = 1_767_225_600;

    fn times(count: i64, step_minutes: i64) -> Vec<Timestamp> {
        (0..count).map(|at| Timestamp::from_seconds(MIDNIGHT + at * step_minutes * 60)).collect()
    }

    fn words(marks: &[Mark]) -> Vec<&str> {
        marks.iter().map(|mark| mark.words.as_str()).collect()
    }

    #[test]
    fn scales_end_at_round_numbers_and_hold_every_value() {
        for (highest, unit, is) in [
            (0.0, Unit::Count, ["0", "1"].as_slice()),
            (1.0, Unit::Count, &["0", "1"]),
            (3.0, Unit::Count, &["0", "1", "2", "3"]),
            (6.0, Unit::Count, &["0", "2", "4", "6"]),
            (23.0, Unit::Count, &["0", "5", "10", "15", "20", "25"]),
            (1_234.0, Unit::Count, &["0", "500", "1000", "1500"]),
            (48_000.0, Unit::Count, &["0", "10k", "20k", "30k", "40k", "50k"]),
            (7_200_000.0, Unit::Count, &["0", "2M", "4M", "6M", "8M"]),
            (1_200_000.0, Unit::Count, &["0", "500k", "1M", "1.5M"]),
            (0.3, Unit::Milliseconds, &["0", "0.1", "0.2", "0.3"]),
            (0.04, Unit::Milliseconds, &["0", "0.01", "0.02", "0.03", "0.04"]),
            (4.2, Unit::Milliseconds, &["0", "1", "2", "3", "4", "5"]),
        ] {
            let scale = Scale::up_to(highest, unit);
            assert_eq!(words(&scale.marks()), is, "{highest}");
            assert!(scale.top >= highest && scale.y(highest) >= TOP && scale.y(0.0) == BOTTOM, "{highest}");
        }
    }

    #[test]
    fn times_are_marked_at_whole_hours_or_days() {
        assert_eq!(words(&marks_of_time(&times(144, 10))), ["00:00", "04:00", "08:00", "12:00", "16:00", "20:00"]);
        assert_eq!(words(&marks_of_time(&times(168, 60))).len(), 7);
        assert_eq!(words(&marks_of_time(&times(168, 60)))[..2], ["01-01", "01-02"]);
        assert!((3..=7).contains(&marks_of_time(&times(120, 360)).len()));
        assert_eq!(words(&marks_of_time(&times(1, 10))), ["00:00"]);
        assert!(marks_of_time(&[]).is_empty());
        let marks = marks_of_time(&times(144, 10));
        assert!(
            marks.iter().all(|mark| mark.at > LEFT && mark.at < RIGHT) && marks.is_sorted_by_key(|mark| mark.at as i64)
        );
    }

    #[test]
    fn lines_have_gaps_where_there_is_no_value() {
        let scale = Scale { top: 10.0, step: 5.0 };
        let d = line(&[Some(0.0), Some(10.0), None, Some(5.0)], &scale, false);
        assert_eq!(d, "M101.25 172h0L207.75 10M420.75 91h0");
        let d = line(&[None, Some(10.0), Some(0.0), None], &scale, true);
        assert_eq!(d, "M207.75 172V10L314.25 172L314.25 172z");
        assert_eq!(line(&[None, None], &scale, true), "");
    }

    #[test]
    fn bars_stand_one_on_the_other_and_nothing_is_drawn_for_nothing() {
        let scale = Scale { top: 10.0, step: 5.0 };
        let mut floor = vec![0.0; 2];
        assert_eq!(bars(&[Some(5.0), None], &mut floor, &scale), "M69.3 91h170.4v81h-170.4z");
        assert_eq!(bars(&[Some(5.0), Some(0.0)], &mut floor, &scale), "M69.3 10h170.4v81h-170.4z");
        assert_eq!(floor, [10.0, 0.0]);
    }

    #[test]
    fn the_scale_holds_stacked_values_together_and_lines_one_by_one() {
        let series = |values: [f64; 2]| Series { name: String::new(), values: values.map(Some).to_vec() };
        let both = [series([1.0, 5.0]), series([4.0, 3.0])];
        assert_eq!(tops(&both, Shape::StackedBars, 2), [5.0, 8.0]);
        assert_eq!(tops(&both, Shape::Lines, 2), [4.0, 5.0]);
    }

    #[test]
    fn values_that_cannot_be_drawn_are_none() {
        let values = vec![Some(f64::NAN), Some(f64::INFINITY), Some(-3.0), Some(2.0), Some(9.0)];
        assert_eq!(cleaned(values, 4), [None, None, Some(0.0), Some(2.0)]);
        assert_eq!(cleaned(vec![Some(1.0)], 2), [Some(1.0), None]);
    }
}
