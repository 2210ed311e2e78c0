//! A JSON Schema that answers must keep to. The only file that knows the crate.

use serde_json::Value;

/// Where the schema is, for the crate: nowhere.
const HERE: &str = "modelgate:/schema";

/// A schema that was understood.
pub struct Schema {
    schemas: boon::Schemas,
    index: boon::SchemaIndex,
}

impl std::fmt::Debug for Schema {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Schema")
    }
}

/// A schema reaches neither files nor the network.
struct Nothing;

impl boon::UrlLoader for Nothing {
    fn load(&self, url: &str) -> Result<Value, Box<dyn std::error::Error>> {
        Err(format!("{url} is not read").into())
    }
}

impl Schema {
    /// Understands it, by the draft that `$schema` names, else 2020-12.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn compile(schema: Value) -> Result<Self, String> {
        let mut compiler = boon::Compiler::new();
        compiler.set_default_draft(boon::Draft::V2020_12);
        compiler.use_loader(Box::new(Nothing));
        let mut schemas = boon::Schemas::new();
        compiler.add_resource(HERE, schema).map_err(|error| plain(&error))?;
        let index = compiler.compile(HERE, &mut schemas).map_err(|error| plain(&error))?;
        Ok(Self { schemas, index })
    }

    /// The first place that does not keep to it, as a JSON pointer, and why.
    pub fn check(&self, answer: &Value) -> Option<(String, String)> {
        let error = self.schemas.validate(answer, self.index).err()?;
        let mut first = &error;
        while let Some(cause) = first.causes.first() {
            first = cause;
        }
        Some((first.instance_location.to_string(), first.kind.to_string()))
    }
}

fn plain(error: &boon::CompileError) -> String {
    format!("{error:#}").replace(HERE, "").split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use serde_json::json;

    use super::*;

    #[test]
    fn an_answer_is_held_to_it() {
        let schema = Schema::compile(json!({
            "type": "object", "required": ["label", "score"],
            "properties": { "label": { "enum": ["a", "b"] }, "score": { "$ref": "#/$defs/share" } },
            "$defs": { "share": { "type": "number", "minimum": 0, "maximum": 1 } },
        }))
        .unwrap();
        assert_eq!(schema.check(&json!({ "label": "a", "score": 0.5 })), None);
        let (at, why) = schema.check(&json!({ "label": "a", "score": 1.5 })).unwrap();
        assert_eq!(at, "/score");
        assert!(why.contains('1'), "{why}");
        let (at, why) = schema.check(&json!({ "label": "a" })).unwrap();
        assert_eq!(at, "");
        assert!(why.contains("score"), "{why}");
        assert_eq!(Schema::compile(json!(false)).unwrap().check(&json!(1)).unwrap().0, "");
    }
}
