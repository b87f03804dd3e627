//! GraphQL, as far as embark's queries need it: what is selected of the nodes of a graph.

use std::collections::HashMap;

use regex::Regex;
use serde_json::{Map, Value};

/// A node of the graph.
pub(super) trait Node: Sized {
    /// Returns the name of its type, for `... on Type`.
    fn kind(&self) -> &'static str;

    /// Returns a field of it.
    fn field(&self, name: &str, arguments: &HashMap<String, Value>) -> Field<Self>;
}

/// What a field holds.
pub(super) enum Field<N> {
    Scalar(Value),
    One(Option<N>),
    Many(Vec<N>),
}

/// What is selected of a node.
#[derive(Debug, Clone)]
enum Selection {
    Field {
        alias: String,
        name: String,
        arguments: HashMap<String, Value>,
        selected: Vec<Selection>,
    },
    /// What is selected of nodes of one type.
    Of(String, Vec<Selection>),
    Named(String),
}

/// A query, or a mutation, with its fragments.
pub(super) struct Document {
    selected: Vec<Selection>,
    fragments: HashMap<String, Selection>,
}

impl Document {
    /// Reads a query with its variables.
    pub(super) fn parse(text: &str, variables: &Value) -> Self {
        let token = Regex::new(r#"\.\.\.|[A-Za-z_][A-Za-z0-9_]*|\$[A-Za-z0-9_]+|-?\d+|"[^"]*"|[{}()\[\]:!=]"#);
        let token = token.expect("it is a pattern");
        let mut parser =
            Parser { tokens: token.find_iter(text).map(|found| found.as_str()).collect(), at: 0, variables };
        let mut document = Self { selected: Vec::new(), fragments: HashMap::new() };
        while let Some(word) = parser.take() {
            if word == "fragment" {
                let name = parser.name();
                assert_eq!(parser.name(), "on");
                let kind = parser.name();
                document.fragments.insert(name, Selection::Of(kind, parser.selected()));
            } else {
                while parser.next() != Some("{") {
                    parser.take();
                }
                document.selected = parser.selected();
            }
        }
        document
    }

    /// Tells what is selected of the root.
    pub(super) fn tell<N: Node>(&self, root: &N) -> Value {
        self.told(root, &self.selected)
    }

    fn told<N: Node>(&self, node: &N, selected: &[Selection]) -> Value {
        // Whoever checks it against the schema must know which of several types it is.
        let mut told = Map::from_iter([("__typename".to_owned(), node.kind().into())]);
        self.add(node, selected, &mut told);
        told.into()
    }

    fn add<N: Node>(&self, node: &N, selected: &[Selection], told: &mut Map<String, Value>) {
        for selection in selected {
            match selection {
                Selection::Named(name) => {
                    let fragment = self.fragments.get(name).unwrap_or_else(|| panic!("there is no fragment {name}"));
                    self.add(node, std::slice::from_ref(fragment), told);
                }
                Selection::Of(kind, selected) if kind == node.kind() => self.add(node, selected, told),
                Selection::Of(..) => {}
                Selection::Field { alias, name, arguments, selected } => {
                    let tell = |node: &N| self.told(node, selected);
                    let value = match node.field(name, arguments) {
                        Field::Scalar(value) => value,
                        Field::One(node) => node.as_ref().map_or(Value::Null, tell),
                        Field::Many(nodes) => nodes.iter().map(tell).collect(),
                    };
                    told.insert(alias.clone(), value);
                }
            }
        }
    }
}

struct Parser<'a> {
    tokens: Vec<&'a str>,
    at: usize,
    variables: &'a Value,
}

impl<'a> Parser<'a> {
    fn next(&self) -> Option<&'a str> {
        self.tokens.get(self.at).copied()
    }

    fn take(&mut self) -> Option<&'a str> {
        self.at += 1;
        self.tokens.get(self.at - 1).copied()
    }

    fn name(&mut self) -> String {
        self.take().expect("a name").to_owned()
    }

    fn is(&mut self, token: &str) -> bool {
        let is = self.next() == Some(token);
        self.at += usize::from(is);
        is
    }

    fn selected(&mut self) -> Vec<Selection> {
        assert!(self.is("{"), "a selection begins with a brace: {:?}", self.next());
        let mut all = Vec::new();
        while !self.is("}") {
            all.push(self.selection());
        }
        all
    }

    fn selection(&mut self) -> Selection {
        let first = self.name();
        if first == "..." {
            let name = self.name();
            return if name == "on" { Selection::Of(self.name(), self.selected()) } else { Selection::Named(name) };
        }
        let name = if self.is(":") { self.name() } else { first.clone() };
        let mut arguments = HashMap::new();
        if self.is("(") {
            while !self.is(")") {
                let name = self.name();
                assert!(self.is(":"), "an argument has a value");
                arguments.insert(name, self.value());
            }
        }
        let selected = if self.next() == Some("{") { self.selected() } else { Vec::new() };
        Selection::Field { alias: first, name, arguments, selected }
    }

    fn value(&mut self) -> Value {
        let token = self.name();
        match token.strip_prefix('$') {
            Some(variable) => self.variables[variable].clone(),
            None => serde_json::from_str(&token).unwrap_or(Value::String(token)),
        }
    }
}
