//! The JSON Schema of one type of the file.
use schemars::{JsonSchema, generate::SchemaSettings};
use serde_json::Value;

pub(super) fn of<T: JsonSchema>() -> Value {
    let settings = SchemaSettings::draft2020_12().with(|it| {
        it.inline_subschemas = true;
        it.meta_schema = None;
    });
    let mut schema = settings.into_generator().into_root_schema_for::<T>().to_value();
    schema.as_object_mut().map(|it| it.remove("title"));
    schema
}
