//! The report as one page that needs nothing else: the table, and plots of latencies, lag and stages as SVG.
use plotters::{
    coord::{Shift, types::RangedCoordf64},
    prelude::*,
};

use super::{measure::Figures, report::Report, table};
use crate::logic::histogram::Summary;

const SIZE: (u32, u32) = (860, 340);
/// The most points of a line; more would not be visible.
const POINTS: usize = 2000;
/// Colours that also red-green blind people can distinguish (Okabe and Ito).
const COLOURS: [RGBColor; 4] =
    [RGBColor(0, 114, 178), RGBColor(230, 159, 0), RGBColor(0, 158, 115), RGBColor(204, 121, 167)];

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;
type Chart<'a, 'b> = ChartContext<'a, SVGBackend<'b>, Cartesian2d<RangedCoordf64, RangedCoordf64>>;
type Drawn = Result<(), Box<dyn std::error::Error>>;

/// The error says what could not be drawn.
pub(super) fn page(report: &Report, figures: &Figures<'_>) -> Result<String, String> {
    let mut text = Vec::new();
    table::write(report, &mut text).map_err(|error| error.to_string())?;
    let text = escaped(&String::from_utf8_lossy(&text));
    let mut plots = String::new();
    let mut add = |title: &str, draw: &dyn Fn(&Area<'_>) -> Drawn| -> Result<(), String> {
        let svg = svg(draw).map_err(|error| format!("the plot `{title}`: {error}"))?;
        plots += &format!("<h2>{title}</h2>\n{svg}\n");
        Ok(())
    };
    let latencies = latencies(figures);
    if !latencies.is_empty() {
        add("Words on the screen, by time after they were said", &|area| shares(area, &latencies))?;
    }
    if figures.lag.points.len() > 1 {
        add("Live lag: the audio clock minus the end of the newest shown word", &|area| {
            over_time(area, &figures.lag.points)
        })?;
    }
    let bars = bars(report);
    if !bars.is_empty() {
        add("Stages: wait and service, median and 95th percentile", &|area| stages(area, &bars))?;
    }
    Ok(format!(
        "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<title>livecap bench: {model}</title>\n\
         <style>body {{ font: 15px/1.5 sans-serif; max-width: 900px; margin: 2em auto; padding: 0 1em }}\n\
         pre {{ overflow-x: auto; background: #f4f4f4; padding: 1em }} svg {{ max-width: 100%; height: auto }}</style>\n\
         <h1>livecap bench</h1>\n<pre>{text}</pre>\n{plots}</html>\n",
        model = escaped(&report.model.name)
    ))
}

fn svg(draw: &dyn Fn(&Area<'_>) -> Drawn) -> Result<String, Box<dyn std::error::Error>> {
    let mut svg = String::new();
    {
        let area = SVGBackend::with_string(&mut svg, SIZE).into_drawing_area();
        area.fill(&WHITE)?;
        draw(&area)?;
        area.present()?;
    }
    Ok(svg)
}

/// Name and sorted values of each kind of latency that was measured, in milliseconds.
fn latencies(figures: &Figures<'_>) -> Vec<(&'static str, Vec<f64>)> {
    let found = &figures.latencies;
    let kinds = [
        ("first seen", &found.first_seen),
        ("settled", &found.settled),
        ("committed", &found.committed),
        ("final", &found.last),
    ];
    let sorted = |values: &Vec<f64>| {
        let mut values = values.clone();
        values.sort_by(f64::total_cmp);
        values
    };
    let measured = kinds.into_iter().filter(|it| !it.1.is_empty());
    measured.map(|(name, values)| (name, sorted(values))).collect()
}

/// How many per cent of the words were there after how many milliseconds.
fn shares(area: &Area<'_>, kinds: &[(&'static str, Vec<f64>)]) -> Drawn {
    let ends = |it: &(&str, Vec<f64>)| (it.1[0], it.1[it.1.len() - 1]);
    let first = kinds.iter().map(|it| ends(it).0).fold(0.0, f64::min);
    let last = kinds.iter().map(|it| ends(it).1).fold(1.0, f64::max);
    let mut chart = chart(area, (first, last), (0.0, 100.0), ("ms", "% of the words"))?;
    for ((name, values), colour) in kinds.iter().zip(COLOURS) {
        let share = |at: usize| (at + 1) as f64 / values.len() as f64 * 100.0;
        let line: Vec<(f64, f64)> =
            values.iter().enumerate().map(|(at, value)| (*value, share(at))).collect();
        let series = LineSeries::new(thinned(&line), colour.stroke_width(2));
        chart.draw_series(series)?.label(*name).legend(move |(x, y)| {
            PathElement::new(vec![(x, y), (x + 18, y)], colour.stroke_width(2))
        });
    }
    legend(&mut chart)
}

fn over_time(area: &Area<'_>, points: &[(f64, f64)]) -> Drawn {
    let last = points.last().map_or(1.0, |it| it.0);
    let most = points.iter().map(|it| it.1).fold(1.0, f64::max);
    let least = points.iter().map(|it| it.1).fold(0.0, f64::min);
    let mut chart = chart(area, (0.0, last), (least, most), ("s", "ms"))?;
    chart.draw_series(LineSeries::new(thinned(points), COLOURS[0].stroke_width(1)))?;
    Ok(())
}

/// What is drawn of a stage: its name, and what it waited and worked.
struct Bars<'a> {
    name: &'a str,
    wait: Summary,
    service: Summary,
}

fn bars(report: &Report) -> Vec<Bars<'_>> {
    let stages = report.stages.iter();
    let bars = stages.filter_map(|stage| {
        Some(Bars { name: &stage.name, wait: stage.wait_ms?, service: stage.service_ms? })
    });
    bars.collect()
}

fn stages(area: &Area<'_>, bars: &[Bars<'_>]) -> Drawn {
    let most = bars.iter().map(|it| it.wait.p95.max(it.service.p95)).fold(1.0, f64::max);
    let width = bars.len() as f64;
    let name = |at: &f64| bars.get(at.floor() as usize).map_or(String::new(), |it| it.name.into());
    let mut builder = ChartBuilder::on(area);
    builder.margin(12).x_label_area_size(32).y_label_area_size(56);
    let mut chart = builder.build_cartesian_2d(0.0..width, 0.0..most * 1.05)?;
    let mut mesh = chart.configure_mesh();
    mesh.light_line_style(TRANSPARENT);
    // Names stand below the middle of their bars.
    mesh.x_label_offset((SIZE.0 as i32 - 80) / (2 * bars.len() as i32));
    mesh.disable_x_mesh().x_labels(bars.len() + 1).x_label_formatter(&name).y_desc("ms").draw()?;
    let kinds = [
        ("wait p50", 0.05, 0),
        ("wait p95", 0.25, 1),
        ("service p50", 0.5, 2),
        ("service p95", 0.7, 3),
    ];
    for (kind, from, colour) in kinds {
        let colour = COLOURS[colour];
        let bar = |(at, bars): (usize, &Bars<'_>)| {
            let of = [bars.wait.p50, bars.wait.p95, bars.service.p50, bars.service.p95];
            let height = kinds.iter().position(|it| it.0 == kind).map_or(0.0, |it| of[it]);
            let left = at as f64 + from;
            Rectangle::new([(left, 0.0), (left + 0.18, height)], colour.filled())
        };
        let series = chart.draw_series(bars.iter().enumerate().map(bar))?;
        series
            .label(kind)
            .legend(move |(x, y)| Rectangle::new([(x, y - 5), (x + 14, y + 5)], colour.filled()));
    }
    legend(&mut chart)
}

fn chart<'a, 'b>(
    area: &'a Area<'b>,
    (left, right): (f64, f64),
    (low, high): (f64, f64),
    (x, y): (&str, &str),
) -> Result<Chart<'a, 'b>, Box<dyn std::error::Error>> {
    let mut builder = ChartBuilder::on(area);
    builder.margin(12).x_label_area_size(40).y_label_area_size(56);
    let mut chart = builder.build_cartesian_2d(left..right, low..high)?;
    chart.configure_mesh().light_line_style(TRANSPARENT).x_desc(x).y_desc(y).draw()?;
    Ok(chart)
}

fn legend<'a, 'b: 'a>(chart: &mut Chart<'a, 'b>) -> Drawn {
    let mut labels = chart.configure_series_labels();
    labels.position(SeriesLabelPosition::LowerRight).background_style(WHITE.mix(0.8)).draw()?;
    Ok(())
}

/// Evenly, with the last one.
fn thinned(points: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let step = points.len().div_ceil(POINTS).max(1);
    points.iter().copied().step_by(step).chain(points.last().copied()).collect()
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
