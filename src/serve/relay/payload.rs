//! JSON with binary values: an event whose attachments were put in the place of their placeholders.
use std::fmt;

use bytes::Bytes;
use serde::{
    Deserialize, Serialize, Serializer,
    de::{self, Deserializer, MapAccess, SeqAccess, Visitor},
    ser::SerializeMap,
};
use serde_json::{Number, json};

/// JSON with binary values.
#[derive(Debug)]
pub(crate) enum Tree {
    Null,
    Bool(bool),
    Number(Number),
    Text(String),
    List(Vec<Tree>),
    Object(Vec<(String, Tree)>),
    Bytes(Bytes),
}

/// About how many bytes an allocation takes beside its content.
pub(crate) const ALLOCATION: usize = 32;

/// A placeholder for which there is no attachment.
#[derive(Debug)]
pub(crate) struct MissingAttachments;

impl Tree {
    /// Replaces placeholders by their attachments. Returns whether there were any. An attachment can be used once: otherwise a small
    /// text could grow to many times the largest message.
    pub(crate) fn fill(
        &mut self,
        left: &mut Vec<Option<Bytes>>,
    ) -> Result<bool, MissingAttachments> {
        if let Some(number) = self.placeholder() {
            let slot = number.and_then(|it| left.get_mut(it)).and_then(Option::take);
            *self = Tree::Bytes(slot.ok_or(MissingAttachments)?);
            return Ok(true);
        }
        let mut filled = false;
        match self {
            Tree::List(items) => {
                for item in items {
                    filled |= item.fill(left)?;
                }
            }
            Tree::Object(fields) => {
                for (_, value) in fields {
                    filled |= value.fill(left)?;
                }
            }
            Tree::Null | Tree::Bool(_) | Tree::Number(_) | Tree::Text(_) | Tree::Bytes(_) => (),
        }
        Ok(filled)
    }

    /// Writes it as JSON with placeholders, the opposite of [`fill`](Self::fill). Appends the binary values to `attached`.
    pub(crate) fn write(&self, text: &mut String, attached: &mut Vec<Bytes>) {
        match self {
            Tree::Null => text.push_str("null"),
            Tree::Bool(it) => text.push_str(&it.to_string()),
            Tree::Number(it) => text.push_str(&it.to_string()),
            Tree::Text(it) => text.push_str(&json!(it).to_string()),
            Tree::List(items) => {
                text.push('[');
                for (place, item) in items.iter().enumerate() {
                    text.push_str(if place > 0 { "," } else { "" });
                    item.write(text, attached);
                }
                text.push(']');
            }
            Tree::Object(fields) => {
                text.push('{');
                for (place, (name, value)) in fields.iter().enumerate() {
                    text.push_str(if place > 0 { "," } else { "" });
                    text.push_str(&json!(name).to_string());
                    text.push(':');
                    value.write(text, attached);
                }
                text.push('}');
            }
            Tree::Bytes(it) => {
                let placeholder = json!({ "_placeholder": true, "num": attached.len() });
                text.push_str(&placeholder.to_string());
                attached.push(it.clone());
            }
        }
    }

    /// About how many bytes of memory it takes beside those of its text.
    pub(crate) fn overhead(&self) -> usize {
        match self {
            Tree::Null | Tree::Bool(_) | Tree::Number(_) | Tree::Bytes(_) => 0,
            Tree::Text(_) => ALLOCATION,
            Tree::List(items) => {
                let held: usize = items.iter().map(Tree::overhead).sum();
                ALLOCATION + items.capacity() * size_of::<Tree>() + held
            }
            Tree::Object(fields) => {
                let held: usize = fields.iter().map(|(_, it)| ALLOCATION + it.overhead()).sum();
                ALLOCATION + fields.capacity() * size_of::<(String, Tree)>() + held
            }
        }
    }

    /// Whether it is what clients take for a placeholder; the inner `None` is one without a valid attachment. Of two fields with the
    /// same name clients take the last.
    fn placeholder(&self) -> Option<Option<usize>> {
        let Tree::Object(fields) = self else { return None };
        let field = |wanted| fields.iter().rev().find(|(name, _)| name == wanted).map(|(_, it)| it);
        match field("_placeholder")? {
            Tree::Null | Tree::Bool(false) => None,
            Tree::Bool(true) => Some(match field("num") {
                Some(Tree::Number(it)) => it.as_u64().and_then(|it| usize::try_from(it).ok()),
                _ => None,
            }),
            // The JavaScript client takes it for data, the Python client for a placeholder.
            _ => Some(None),
        }
    }
}

impl Serialize for Tree {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Tree::Null => serializer.serialize_unit(),
            Tree::Bool(it) => serializer.serialize_bool(*it),
            Tree::Number(it) => it.serialize(serializer),
            Tree::Text(it) => serializer.serialize_str(it),
            Tree::List(items) => serializer.collect_seq(items),
            Tree::Object(fields) => {
                let mut map = serializer.serialize_map(Some(fields.len()))?;
                for (name, value) in fields {
                    map.serialize_entry(name, value)?;
                }
                map.end()
            }
            Tree::Bytes(it) => serializer.serialize_bytes(it),
        }
    }
}

impl<'de> Deserialize<'de> for Tree {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Tree, D::Error> {
        deserializer.deserialize_any(Grow)
    }
}

struct Grow;

impl<'de> Visitor<'de> for Grow {
    type Value = Tree;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Tree, E> {
        Ok(Tree::Null)
    }

    fn visit_bool<E>(self, it: bool) -> Result<Tree, E> {
        Ok(Tree::Bool(it))
    }

    fn visit_u64<E>(self, it: u64) -> Result<Tree, E> {
        Ok(Tree::Number(it.into()))
    }

    fn visit_i64<E>(self, it: i64) -> Result<Tree, E> {
        Ok(Tree::Number(it.into()))
    }

    fn visit_f64<E: de::Error>(self, it: f64) -> Result<Tree, E> {
        Number::from_f64(it).map(Tree::Number).ok_or_else(|| E::custom("no number"))
    }

    fn visit_str<E>(self, it: &str) -> Result<Tree, E> {
        Ok(Tree::Text(it.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Tree, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Tree::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Tree, A::Error> {
        let mut object = Vec::new();
        while let Some(field) = fields.next_entry()? {
            object.push(field);
        }
        Ok(Tree::Object(object))
    }
}
