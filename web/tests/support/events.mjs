// Lines as `captioning` takes them, and events as a relay passes them on.

export const final = (text, more = {}) => ({ type: "final", text, ...more });
export const partial = (text, committed = "", more = {}) => ({ type: "intermediate", text, committed, ...more });

/** So many finals, each with its number in it. */
export const finalsOf = (count, text, more = () => ({})) => Array.from({ length: count }, (_, at) => final(text(at + 1), more(at)));

/** A caption event of the track `english`, three seconds for each segment. */
export const caption = (segment, text, more = {}) => ({
  type: "caption", seq: segment, track: "english", segment, revision: 9, kind: "final", lang: "en", text, start: segment * 3, end: segment * 3 + 2, ...more,
});
/** Its translation. */
export const translation = (segment, lang, text, more = {}) => caption(segment, text, { lang, of: { lang: "en", revision: 9 }, seq: segment + 100, ...more });

export const track = (name, lang, ...langs) => ({ name, lang, langs });
/** Another run than the relay's own, with these tracks. */
export const hello = (...tracks) => ({ type: "hello", v: 1, stream: "relayed", tracks, next: 1 });
/** The end of the replay. */
export const live = () => ({ type: "live", next: 1 });
