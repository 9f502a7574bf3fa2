//! The languages that are known by name: all of ISO 639-1, and those of three letters that a recogniser or a translator knows.

/// Tag, English name, ISO 639-3 code.
pub(super) type Row = (&'static str, &'static str, &'static str);

#[rustfmt::skip]
pub(super) const LANGUAGES: &[Row] = &[
    ("aa", "Afar", "aar"), ("ab", "Abkhazian", "abk"), ("ae", "Avestan", "ave"), ("af", "Afrikaans", "afr"), ("ak", "Akan", "aka"),
    ("am", "Amharic", "amh"), ("an", "Aragonese", "arg"), ("ar", "Arabic", "ara"), ("as", "Assamese", "asm"), ("av", "Avaric", "ava"),
    ("ay", "Aymara", "aym"), ("az", "Azerbaijani", "aze"), ("ba", "Bashkir", "bak"), ("be", "Belarusian", "bel"), ("bg", "Bulgarian", "bul"),
    ("bi", "Bislama", "bis"), ("bm", "Bambara", "bam"), ("bn", "Bengali", "ben"), ("bo", "Tibetan", "bod"), ("br", "Breton", "bre"),
    ("bs", "Bosnian", "bos"), ("ca", "Catalan", "cat"), ("ce", "Chechen", "che"), ("ch", "Chamorro", "cha"), ("co", "Corsican", "cos"),
    ("cr", "Cree", "cre"), ("cs", "Czech", "ces"), ("cu", "Church Slavonic", "chu"), ("cv", "Chuvash", "chv"), ("cy", "Welsh", "cym"),
    ("da", "Danish", "dan"), ("de", "German", "deu"), ("dv", "Divehi", "div"), ("dz", "Dzongkha", "dzo"), ("ee", "Ewe", "ewe"),
    ("el", "Greek", "ell"), ("en", "English", "eng"), ("eo", "Esperanto", "epo"), ("es", "Spanish", "spa"), ("et", "Estonian", "est"),
    ("eu", "Basque", "eus"), ("fa", "Persian", "fas"), ("ff", "Fulah", "ful"), ("fi", "Finnish", "fin"), ("fj", "Fijian", "fij"),
    ("fo", "Faroese", "fao"), ("fr", "French", "fra"), ("fy", "Western Frisian", "fry"), ("ga", "Irish", "gle"), ("gd", "Scottish Gaelic", "gla"),
    ("gl", "Galician", "glg"), ("gn", "Guarani", "grn"), ("gu", "Gujarati", "guj"), ("gv", "Manx", "glv"), ("ha", "Hausa", "hau"),
    ("he", "Hebrew", "heb"), ("hi", "Hindi", "hin"), ("ho", "Hiri Motu", "hmo"), ("hr", "Croatian", "hrv"), ("ht", "Haitian Creole", "hat"),
    ("hu", "Hungarian", "hun"), ("hy", "Armenian", "hye"), ("hz", "Herero", "her"), ("ia", "Interlingua", "ina"), ("id", "Indonesian", "ind"),
    ("ie", "Interlingue", "ile"), ("ig", "Igbo", "ibo"), ("ii", "Nuosu", "iii"), ("ik", "Inupiaq", "ipk"), ("io", "Ido", "ido"),
    ("is", "Icelandic", "isl"), ("it", "Italian", "ita"), ("iu", "Inuktitut", "iku"), ("ja", "Japanese", "jpn"), ("jv", "Javanese", "jav"),
    ("ka", "Georgian", "kat"), ("kg", "Kongo", "kon"), ("ki", "Kikuyu", "kik"), ("kj", "Kuanyama", "kua"), ("kk", "Kazakh", "kaz"),
    ("kl", "Greenlandic", "kal"), ("km", "Khmer", "khm"), ("kn", "Kannada", "kan"), ("ko", "Korean", "kor"), ("kr", "Kanuri", "kau"),
    ("ks", "Kashmiri", "kas"), ("ku", "Kurdish", "kur"), ("kv", "Komi", "kom"), ("kw", "Cornish", "cor"), ("ky", "Kyrgyz", "kir"),
    ("la", "Latin", "lat"), ("lb", "Luxembourgish", "ltz"), ("lg", "Ganda", "lug"), ("li", "Limburgish", "lim"), ("ln", "Lingala", "lin"),
    ("lo", "Lao", "lao"), ("lt", "Lithuanian", "lit"), ("lu", "Luba-Katanga", "lub"), ("lv", "Latvian", "lav"), ("mg", "Malagasy", "mlg"),
    ("mh", "Marshallese", "mah"), ("mi", "Maori", "mri"), ("mk", "Macedonian", "mkd"), ("ml", "Malayalam", "mal"), ("mn", "Mongolian", "mon"),
    ("mr", "Marathi", "mar"), ("ms", "Malay", "msa"), ("mt", "Maltese", "mlt"), ("my", "Burmese", "mya"), ("na", "Nauru", "nau"),
    ("nb", "Norwegian Bokmål", "nob"), ("nd", "North Ndebele", "nde"), ("ne", "Nepali", "nep"), ("ng", "Ndonga", "ndo"), ("nl", "Dutch", "nld"),
    ("nn", "Norwegian Nynorsk", "nno"), ("no", "Norwegian", "nor"), ("nr", "South Ndebele", "nbl"), ("nv", "Navajo", "nav"), ("ny", "Chichewa", "nya"),
    ("oc", "Occitan", "oci"), ("oj", "Ojibwa", "oji"), ("om", "Oromo", "orm"), ("or", "Odia", "ori"), ("os", "Ossetian", "oss"),
    ("pa", "Punjabi", "pan"), ("pi", "Pali", "pli"), ("pl", "Polish", "pol"), ("ps", "Pashto", "pus"), ("pt", "Portuguese", "por"),
    ("qu", "Quechua", "que"), ("rm", "Romansh", "roh"), ("rn", "Rundi", "run"), ("ro", "Romanian", "ron"), ("ru", "Russian", "rus"),
    ("rw", "Kinyarwanda", "kin"), ("sa", "Sanskrit", "san"), ("sc", "Sardinian", "srd"), ("sd", "Sindhi", "snd"), ("se", "Northern Sami", "sme"),
    ("sg", "Sango", "sag"), ("sh", "Serbo-Croatian", "hbs"), ("si", "Sinhala", "sin"), ("sk", "Slovak", "slk"), ("sl", "Slovenian", "slv"),
    ("sm", "Samoan", "smo"), ("sn", "Shona", "sna"), ("so", "Somali", "som"), ("sq", "Albanian", "sqi"), ("sr", "Serbian", "srp"),
    ("ss", "Swati", "ssw"), ("st", "Sesotho", "sot"), ("su", "Sundanese", "sun"), ("sv", "Swedish", "swe"), ("sw", "Swahili", "swa"),
    ("ta", "Tamil", "tam"), ("te", "Telugu", "tel"), ("tg", "Tajik", "tgk"), ("th", "Thai", "tha"), ("ti", "Tigrinya", "tir"),
    ("tk", "Turkmen", "tuk"), ("tl", "Tagalog", "tgl"), ("tn", "Tswana", "tsn"), ("to", "Tongan", "ton"), ("tr", "Turkish", "tur"),
    ("ts", "Tsonga", "tso"), ("tt", "Tatar", "tat"), ("tw", "Twi", "twi"), ("ty", "Tahitian", "tah"), ("ug", "Uyghur", "uig"),
    ("uk", "Ukrainian", "ukr"), ("ur", "Urdu", "urd"), ("uz", "Uzbek", "uzb"), ("ve", "Venda", "ven"), ("vi", "Vietnamese", "vie"),
    ("vo", "Volapük", "vol"), ("wa", "Walloon", "wln"), ("wo", "Wolof", "wol"), ("xh", "Xhosa", "xho"), ("yi", "Yiddish", "yid"),
    ("yo", "Yoruba", "yor"), ("za", "Zhuang", "zha"), ("zh", "Chinese", "zho"), ("zu", "Zulu", "zul"),
    // Without a code of two letters.
    ("ace", "Acehnese", "ace"), ("ast", "Asturian", "ast"), ("bho", "Bhojpuri", "bho"), ("ceb", "Cebuano", "ceb"), ("ckb", "Sorani Kurdish", "ckb"),
    ("gom", "Konkani", "gom"), ("gsw", "Swiss German", "gsw"), ("haw", "Hawaiian", "haw"), ("hmn", "Hmong", "hmn"), ("kmr", "Kurmanji Kurdish", "kmr"),
    ("lmo", "Lombard", "lmo"), ("mai", "Maithili", "mai"), ("nds", "Low German", "nds"), ("pag", "Pangasinan", "pag"), ("pam", "Kapampangan", "pam"),
    ("prs", "Dari", "prs"), ("scn", "Sicilian", "scn"), ("yue", "Cantonese", "yue"),
];

/// Codes that were replaced, or that are written for another one, with the tag that is in the table.
#[rustfmt::skip]
pub(super) const ALIASES: &[(&str, &str)] = &[
    // Whisper's own, and what stood in ISO 639 once.
    ("jw", "jv"), ("iw", "he"), ("in", "id"), ("ji", "yi"), ("mo", "ro"),
    // One language of a family that the shorter code names.
    ("fil", "tl"), ("cmn", "zh"), ("arb", "ar"), ("pes", "fa"), ("ekk", "et"), ("lvs", "lv"), ("swh", "sw"), ("zsm", "ms"), ("npi", "ne"),
];

/// What people write for a language though it is the code of a country, or of one translator.
#[rustfmt::skip]
pub(super) const MISTAKEN: &[(&str, &str)] = &[
    ("jp", "ja"), ("cn", "zh"), ("kr", "ko"), ("cz", "cs"), ("dk", "da"), ("gr", "el"), ("ua", "uk"), ("us", "en-US"),
    ("gb", "en-GB"), ("at", "de-AT"), ("ir", "fa"), ("vn", "vi"), ("il", "he"), ("mx", "es-MX"), ("by", "be"), ("zt", "zh-Hant"), ("pb", "pt-BR"),
];
