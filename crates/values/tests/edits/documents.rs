//! Random documents in mixed styles.

use proptest::prelude::*;

/// A part of a random document; whether it is in flow style.
#[derive(Debug, Clone)]
pub(crate) enum Value {
    Scalar(String),
    Map(Vec<Value>, bool),
    List(Vec<Value>, bool),
}

fn scalar() -> impl Strategy<Value = Value> {
    prop_oneof![
        "[a-z]{1,6}".prop_map(Value::Scalar),
        "[0-9]{1,3}\\.[0-9]{1,2}".prop_map(Value::Scalar),
        "'[ -&(-~äöü]{0,6}'".prop_map(Value::Scalar),
        "\"[ !#-\\[\\]-~äöü]{0,6}\"".prop_map(Value::Scalar),
        Just(Value::Scalar("\"\\\"\\\\ \\n\"".to_owned())),
        Just(Value::Scalar(String::new())),
        Just(Value::Scalar("~".to_owned())),
        Just(Value::Scalar("!!str x".to_owned())),
        Just(Value::Scalar("&anchor".to_owned())),
        "[|>][-+]?".prop_map(Value::Scalar),
    ]
}

fn value() -> impl Strategy<Value = Value> {
    scalar().prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            (prop::collection::vec(inner.clone(), 1..4), any::<bool>())
                .prop_map(|(values, flow)| Value::Map(values, flow)),
            (prop::collection::vec(inner, 1..4), any::<bool>()).prop_map(|(values, flow)| Value::List(values, flow)),
        ]
    })
}

pub(crate) fn root() -> impl Strategy<Value = Value> {
    (prop::collection::vec(value(), 1..4), any::<bool>()).prop_map(|(values, flow)| Value::Map(values, flow))
}

const COMMENTS: [&str; 4] = ["", " # c", "\t# x: 'y", "  "];

fn print_flow(value: &Value, out: &mut String) {
    match value {
        Value::Scalar(text) if text.starts_with(['|', '>']) => out.push_str("plain text"),
        Value::Scalar(text) => out.push_str(text),
        Value::Map(values, _) => {
            out.push('{');
            for (place, value) in values.iter().enumerate() {
                out.push_str(&format!("{}k{place}: ", if place > 0 { ", " } else { "" }));
                print_flow(value, out);
            }
            out.push_str(" }");
        }
        Value::List(values, _) => {
            out.push('[');
            for (place, value) in values.iter().enumerate() {
                out.push_str(if place > 0 { ", " } else { "" });
                // Between brackets there is no item that is not written.
                let empty = matches!(value, Value::Scalar(text) if text.is_empty());
                if empty { out.push('~') } else { print_flow(value, out) }
            }
            out.push_str(" ]");
        }
    }
}

fn print_block(value: &Value, indent: usize, out: &mut String) {
    let comment = COMMENTS[out.len() % COMMENTS.len()];
    match value {
        Value::Scalar(text) if text.starts_with(['|', '>']) => {
            let indent = indent + 1;
            out.push_str(&format!(" {text}{comment}\n\n{:indent$}first # line\n{:indent$}  second\n\n", "", ""));
        }
        Value::Map(values, false) => {
            out.push_str(&format!("{comment}\n"));
            for (place, value) in values.iter().enumerate() {
                let key = ["k", "'k", "\"k"][place % 3];
                let end = ["", "'", "\""][place % 3];
                out.push_str(&format!("{:indent$}{key}{place}{end}:", ""));
                print_block(value, indent + 2, out);
            }
        }
        Value::List(values, false) => {
            out.push_str(&format!("{comment}\n"));
            for value in values {
                out.push_str(&format!("{:indent$}-", ""));
                print_block(value, indent + 3, out);
            }
        }
        flow => {
            out.push(' ');
            print_flow(flow, out);
            out.push_str(&format!("{comment}\n"));
        }
    }
}

pub(crate) fn print(value: &Value, line_break: &str, open_end: bool) -> String {
    let flow = matches!(value, Value::Map(_, true));
    let mut out = if flow { "--- # head\n" } else { "# head" }.to_owned();
    print_block(value, 0, &mut out);
    if open_end {
        out.truncate(out.trim_end().len());
    }
    out.replace('\n', line_break)
}
