// What stands where words are missing, in the reader's language.
import { tag } from "./languages.ts";
import type { Why } from "./wire.ts";

/** In this order; the last is also for a reason that a newer server knows and this page does not. */
const ORDER = ["overload", "device", "source", "paused", "restart", "history", "fault"] as const;

type Texts = readonly [overload: string, device: string, source: string, paused: string, restart: string, history: string, fault: string];

const TEXTS: Record<string, Texts> = {
  en: [
    "some words are missing here: the machine could not keep up",
    "no sound came from the microphone here",
    "some words are missing here: the sound came too fast",
    "the captions were paused here",
    "some words were lost here: the recogniser was restarted",
    "earlier captions are no longer kept",
    "some words were lost here",
  ],
  de: [
    "hier fehlen Worte: Der Rechner kam nicht mit",
    "hier kam kein Ton vom Mikrofon",
    "hier fehlen Worte: Der Ton kam zu schnell",
    "hier waren die Untertitel angehalten",
    "hier gingen Worte verloren: Die Erkennung wurde neu gestartet",
    "frühere Untertitel sind nicht mehr vorhanden",
    "hier gingen Worte verloren",
  ],
  es: [
    "aquí faltan palabras: el equipo no daba abasto",
    "aquí no llegó sonido del micrófono",
    "aquí faltan palabras: el sonido llegó demasiado deprisa",
    "aquí los subtítulos estaban en pausa",
    "aquí se perdieron palabras: se reinició el reconocimiento",
    "los subtítulos anteriores ya no se conservan",
    "aquí se perdieron palabras",
  ],
  fr: [
    "il manque des mots ici : la machine n’a pas suivi",
    "aucun son du micro ici",
    "il manque des mots ici : le son est arrivé trop vite",
    "les sous-titres étaient en pause ici",
    "des mots ont été perdus ici : la reconnaissance a redémarré",
    "les sous-titres précédents ne sont plus conservés",
    "des mots ont été perdus ici",
  ],
  it: [
    "qui mancano delle parole: il computer non è riuscito a stare al passo",
    "qui non è arrivato alcun suono dal microfono",
    "qui mancano delle parole: il suono è arrivato troppo in fretta",
    "qui i sottotitoli erano in pausa",
    "qui sono andate perse delle parole: il riconoscimento è ripartito",
    "i sottotitoli precedenti non sono più conservati",
    "qui sono andate perse delle parole",
  ],
  nl: [
    "hier ontbreken woorden: de computer kon het niet bijhouden",
    "hier kwam geen geluid van de microfoon",
    "hier ontbreken woorden: het geluid kwam te snel",
    "hier waren de ondertitels gepauzeerd",
    "hier gingen woorden verloren: de herkenning is opnieuw gestart",
    "eerdere ondertitels zijn niet bewaard",
    "hier gingen woorden verloren",
  ],
  pl: [
    "brakuje tu słów: komputer nie nadążał",
    "tu nie było dźwięku z mikrofonu",
    "brakuje tu słów: dźwięk napływał zbyt szybko",
    "tu napisy były wstrzymane",
    "utracono tu słowa: rozpoznawanie uruchomiono ponownie",
    "wcześniejsze napisy nie są już przechowywane",
    "utracono tu słowa",
  ],
  pt: [
    "faltam palavras aqui: a máquina não conseguiu acompanhar",
    "aqui não veio som do microfone",
    "faltam palavras aqui: o som chegou demasiado depressa",
    "aqui as legendas estavam em pausa",
    "perderam-se palavras aqui: o reconhecimento foi reiniciado",
    "as legendas anteriores já não estão guardadas",
    "perderam-se palavras aqui",
  ],
  sv: [
    "här saknas ord: datorn hann inte med",
    "här kom inget ljud från mikrofonen",
    "här saknas ord: ljudet kom för snabbt",
    "här var undertexterna pausade",
    "här gick ord förlorade: igenkänningen startades om",
    "tidigare undertexter finns inte kvar",
    "här gick ord förlorade",
  ],
  ru: [
    "здесь пропущены слова: компьютер не успевал",
    "здесь не было звука с микрофона",
    "здесь пропущены слова: звук шёл слишком быстро",
    "здесь субтитры были приостановлены",
    "здесь потеряны слова: распознавание перезапущено",
    "более ранние субтитры уже не хранятся",
    "здесь потеряны слова",
  ],
  uk: [
    "тут бракує слів: комп’ютер не встигав",
    "тут не було звуку з мікрофона",
    "тут бракує слів: звук надходив надто швидко",
    "тут субтитри було призупинено",
    "тут втрачено слова: розпізнавання перезапущено",
    "попередні субтитри вже не зберігаються",
    "тут втрачено слова",
  ],
  tr: [
    "burada eksik sözcükler var: bilgisayar yetişemedi",
    "burada mikrofondan ses gelmedi",
    "burada eksik sözcükler var: ses çok hızlı geldi",
    "burada altyazılar duraklatılmıştı",
    "burada sözcükler kayboldu: tanıma yeniden başlatıldı",
    "daha eski altyazılar artık saklanmıyor",
    "burada sözcükler kayboldu",
  ],
  ja: [
    "ここで言葉が抜けています：処理が追いつきませんでした",
    "ここではマイクの音が届きませんでした",
    "ここで言葉が抜けています：音声が速すぎました",
    "ここでは字幕が一時停止していました",
    "ここで言葉が失われました：音声認識が再起動しました",
    "これより前の字幕は保存されていません",
    "ここで言葉が失われました",
  ],
  zh: [
    "此处缺少文字：机器处理不及",
    "此处麦克风没有声音",
    "此处缺少文字：声音来得太快",
    "此处字幕已暂停",
    "此处丢失了文字：识别已重新启动",
    "更早的字幕已不再保留",
    "此处丢失了文字",
  ],
};

export interface GapText {
  text: string;
  /** The language that it is in. */
  lang: string;
}

/** `wanted`: languages in the order in which they would do; English does where none is known here. */
export function gapText(why: Why | string, seconds: number | null, wanted: readonly (string | undefined)[]): GapText {
  const known = wanted.map((it) => tag(it ?? "").toLowerCase().split(/[-_]/)[0]!);
  const lang = known.find((it) => Object.hasOwn(TEXTS, it)) ?? "en";
  const at = ORDER.findIndex((it) => it === why);
  const words = TEXTS[lang]!.at(at)!;
  return { lang, text: seconds !== null && seconds >= 1 ? `${words} (${Math.round(seconds)} s)` : words };
}
