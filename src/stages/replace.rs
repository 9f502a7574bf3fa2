//! Corrects captions by rules: originals and translations, partials and finals. It adds no delay, but the last words of a partial are
//! committed later if a rule may still match them.
use crate::{
    flow::{Fault, Outlet, Setting, Stage},
    logic::{replace::Rules, script},
    message::{Caption, Kind, MediaSpan, Rewriting, Transcript, Translated, Translation, Word},
};

#[derive(Clone)]
pub struct Replace {
    rules: Setting<Rules>,
}

impl Replace {
    pub fn new(rules: Rules) -> Replace {
        Replace { rules: Setting::new(rules) }
    }

    /// The rules, to be changed while it runs.
    pub fn rules(&self) -> Setting<Rules> {
        self.rules.clone()
    }

    fn transcript(&self, kept: &mut Option<Rewriting>, it: Transcript) -> Transcript {
        let known = kept.take().filter(|open| open.is_of(&it));
        let mut open = known.unwrap_or_else(|| Rewriting::of(&it));
        let complete = it.kind() == Kind::Final;
        let from = open.taken().min(it.words().len());
        let committed = it.committed().len().saturating_sub(from);
        let rewritten = self.rules.get().1.apply(&it.words()[from..], committed, complete);
        let it = open.revise(it, rewritten.taken, rewritten.settled, rewritten.tail);
        *kept = (!complete).then_some(open);
        it
    }

    /// A translation has no words with times. All of a partial translation is committed, so its end is held back while a rule may still
    /// match.
    fn translation(&self, it: Translation) -> Translation {
        let Translated::Text(text) = &it.text else { return it };
        let word = |unit: &str| Word { text: unit.to_owned(), span: MediaSpan::default() };
        let words: Vec<Word> = script::units(text).into_iter().map(word).collect();
        let settled = self.rules.get().1.apply(&words, words.len(), it.kind == Kind::Final).settled;
        let text: String = settled.iter().map(|it| it.text.as_str()).collect();
        Translation { text: Translated::Text(text.trim().to_owned()), ..it }
    }
}

impl Stage for Replace {
    type In = Caption;
    type Out = Caption;
    /// The committed words of the open segment.
    type Kept = Option<Rewriting>;

    async fn handle(
        &mut self,
        kept: &mut Option<Rewriting>,
        caption: Caption,
        out: &Outlet<Caption>,
    ) -> Result<(), Fault> {
        let caption = match caption {
            Caption::Transcript(it) => Caption::Transcript(self.transcript(kept, it)),
            Caption::Translation(it) => Caption::Translation(self.translation(it)),
            Caption::Gap(it) => Caption::Gap(it),
        };
        Ok(out.send(caption).await?)
    }

    /// A caption that could not be corrected is passed on unchanged.
    async fn fail_item(
        &mut self,
        _: &mut Option<Rewriting>,
        caption: Caption,
        out: &Outlet<Caption>,
    ) -> Result<(), Fault> {
        Ok(out.send(caption).await?)
    }
}
