//! A model that says it will not translate, told from the translation of somebody who says such a thing.

/// How refusals begin, in small letters: in English, and in other languages.
const ENGLISH: &[&str] = &[
    "i'm sorry, but",
    "i am sorry, but",
    "i'm sorry, i",
    "i am sorry, i",
    "i'm sorry. i",
    "sorry, but i",
    "sorry, i can",
    "i apologize, but",
    "i apologize, i",
    "my apologies, but",
    "i can't",
    "i cannot",
    "i can not",
    "i won't",
    "i will not",
    "i'm unable",
    "i am unable",
    "i'm not able",
    "i am not able",
    "unfortunately, i",
    "as an ai",
    "as a language model",
    "as a large language model",
    "i'm just an ai",
    "i must decline",
    "i do not feel comfortable",
    "i don't feel comfortable",
    "i'm not comfortable",
    "there is no text",
    "please provide the text",
    "please provide a text",
    "it seems there is no text",
    "it looks like you",
];
const OTHERS: &[&str] = &[
    // Dutch, German, the Nordic ones.
    "het spijt me",
    "sorry, maar",
    "sorry, ik",
    "helaas",
    "ik kan",
    "ik mag",
    "als ai",
    "als een ai",
    "als taalmodel",
    "es tut mir leid",
    "tut mir leid",
    "entschuldigung",
    "leider kann",
    "ich kann",
    "als ki",
    "als sprachmodell",
    "jag kan",
    "tyvärr",
    "jag är ledsen",
    "beklager",
    "jeg kan",
    "jeg beklager",
    "desværre",
    "anteeksi",
    "valitettavasti",
    // The Romance ones.
    "je suis désolé",
    "désolé",
    "je ne peux pas",
    "je ne suis pas en mesure",
    "en tant que modèle",
    "en tant qu'ia",
    "lo siento",
    "no puedo",
    "como modelo",
    "como ia",
    "desculpe",
    "sinto muito",
    "lamento",
    "não posso",
    "mi dispiace",
    "non posso",
    "come modello",
    "îmi pare rău",
    // The Slavic ones.
    "извините",
    "к сожалению",
    "я не могу",
    "как языковая модель",
    "на жаль",
    "вибачте",
    "przykro mi",
    "przepraszam",
    "nie mogę",
    "omlouvám",
    "je mi líto",
    // Turkish, Arabic, and what is written without spaces.
    "üzgünüm",
    "maalesef",
    "عذرًا",
    "عذراً",
    "آسف",
    "抱歉",
    "对不起",
    "對不起",
    "很抱歉",
    "我无法",
    "我不能",
    "我無法",
    "作为",
    "申し訳",
    "すみません",
    "죄송합니다",
];
/// What a refusal speaks of and a caption seldom does: stems in several languages. One that the source has a stem of was said.
const TOPICS: &[&[&str]] = &[
    &[
        "translat",
        "vertal",
        "übersetz",
        "tradu",
        "tłumacz",
        "przetłum",
        "перев",
        "перекл",
        "översätt",
        "oversæt",
        "oversett",
        "kääntä",
        "překl",
        "çevir",
        "ترجم",
        "翻译",
        "翻譯",
        "翻訳",
        "訳",
        "번역",
        "fordít",
        "μετάφρ",
        "תרג",
        "अनुवाद",
        "terjemah",
        "dịch",
    ],
    &[
        "as an ai",
        "an ai language model",
        "language model",
        "als ai",
        "taalmodel",
        "sprachmodell",
        "als ki",
        "modèle de langage",
        "modelo de lenguaje",
        "modelo de linguagem",
        "modello linguistico",
        "языковая модель",
        "語言模型",
        "语言模型",
        "言語モデル",
        "언어 모델",
        "ai-",
    ],
    &[
        "that request",
        "this request",
        "your request",
        "dit verzoek",
        "je verzoek",
        "uw verzoek",
        "anfrage",
        "cette demande",
        "votre demande",
        "esta solicitud",
        "tu solicitud",
        "este pedido",
        "questa richiesta",
        "запрос",
        "请求",
        "請求",
        "リクエスト",
        "요청",
    ],
    &[
        "content policy",
        "guidelines",
        "inappropriate",
        "explicit content",
        "harmful",
        "ongepast",
        "unangemessen",
        "richtlinien",
        "inapproprié",
    ],
    &[
        "provide the text",
        "provide a text",
        "no text",
        "text you",
        "geef de tekst",
        "bitte geben sie den text",
    ],
];

/// Whether an `answer`, a translation `into` a language, is a refusal of the `source` instead.
pub(super) fn is_refusal(answer: &str, source: &str, into: &str) -> bool {
    let (answer, source) = (plain(answer), plain(source));
    let begins = |all: &[&str]| all.iter().any(|it| answer.starts_with(it));
    let of_topic = || {
        let has = |text: &str, topic: &[&str]| topic.iter().any(|it| text.contains(it));
        TOPICS.iter().any(|it| has(&answer, it) && !has(&source, it))
    };
    match begins(ENGLISH) {
        // It was to answer in another language. What is in English itself was passed on as it is, names and all.
        true if !english(into) && !ENGLISH.iter().any(|it| source.starts_with(it)) => true,
        true => of_topic(),
        false => begins(OTHERS) && of_topic(),
    }
}

fn english(tag: &str) -> bool {
    crate::languages::is_within(tag, "en")
}

fn plain(text: &str) -> String {
    let text = text.trim().trim_start_matches(['"', '“', '*', '\'']).to_lowercase();
    text.replace(['’', '‘'], "'")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_will_not_translate_is_told_from_a_translation() {
        for (answer, source, into) in [
            ("I'm sorry, but I can't help with that.", "Good morning.", "nl"),
            ("I’m sorry, but I can’t assist with that request.", "Kill the process.", "en"),
            ("I cannot translate this text.", "Maak hem af.", "en"),
            ("As an AI language model, I do not translate insults.", "Zeikerd.", "en"),
            ("Het spijt me, maar ik kan deze tekst niet vertalen.", "Kill the process.", "nl"),
            ("Es tut mir leid, aber bei dieser Anfrage kann ich nicht helfen.", "Kill it.", "de"),
            ("Je suis désolé, mais je ne peux pas traduire cela.", "Kill it.", "fr"),
            ("抱歉，我无法翻译这段内容。", "Kill it.", "zh"),
            ("申し訳ありませんが、翻訳できません。", "Kill it.", "ja"),
        ] {
            assert!(is_refusal(answer, source, into), "{answer}");
        }
        for (answer, source, into) in [
            (
                "I'm sorry, but I can't help with that.",
                "Het spijt me, daar kan ik niet mee helpen.",
                "en",
            ),
            ("Het spijt me, maar ik kan niet komen.", "I'm sorry, but I can't come.", "nl"),
            ("Sorry, I can't translate this.", "Sorry, dat kan ik niet vertalen.", "en"),
            ("Als ai-onderzoeker kan ik dat zeggen.", "As an AI researcher I can say that.", "nl"),
            ("Ik kan niet anders.", "I cannot do otherwise.", "nl"),
            ("Goede morgen.", "Good morning.", "nl"),
            ("I can't believe it, zei hij.", "I can't believe it, he said.", "nl"),
        ] {
            assert!(!is_refusal(answer, source, into), "{answer}");
        }
    }
}
