//! From the words of a title to what it says.

use super::tokens::{Before, Tokens};
use super::vocabulary::{Entry, LONGEST, Rank, Vocabulary};
use super::{Function, Seniority, Title};
use crate::readers::junk;

/// Some neighbouring words of a title.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Words {
    pub(super) from: usize,
    pub(super) to: usize,
}

/// What was decided, and which words decided it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Verdict {
    seniority: Option<Seniority>,
    function: Option<Function>,
    weight: u8,
    job: bool,
    /// Whether it was read from one phrase in brackets.
    bracketed: bool,
    pub(super) seniority_from: Option<Words>,
    pub(super) function_from: Option<Words>,
}

impl Verdict {
    pub(super) fn title(&self) -> Title {
        Title {
            seniority: self.seniority.unwrap_or(Seniority::Unknown),
            function: self.function.unwrap_or(Function::Unknown),
        }
    }
}

/// A phrase that was found.
#[derive(Clone, Copy, Debug)]
struct Item {
    entry: Entry,
    words: Words,
    /// How many breaks stand before it.
    segment: usize,
    /// How many `of`, `de`, `to` stand before it in its clause.
    part: usize,
    /// How many `and`, `&`, `/` stand before it in its segment.
    clause: usize,
    /// Whether it stands after `in` or `en`, which may open a place or an employer.
    place: bool,
    /// Whether it is all that stands in a pair of brackets.
    bracketed: bool,
}

/// Forms of address. Alone they say nothing, though `Sr. Analyst` is senior.
const ADDRESS: &[&[u8]] =
    &[b"mr", b"mrs", b"ms", b"miss", b"mx", b"sr", b"sra", b"srta", b"sres", b"don", b"dona"];

/// Decides. The first segment that names a job gives the level; a field that it lacks may come
/// from another segment (`Director, Product Management`).
pub(super) fn weigh(tokens: &Tokens, vocabulary: &Vocabulary) -> Verdict {
    if (0..tokens.list.len()).all(|at| ADDRESS.contains(&tokens.phrase(at, at + 1))) {
        return Verdict::default();
    }
    let mut found = find(tokens, vocabulary);
    let all = Words { from: 0, to: tokens.list.len() };
    if let Some(first) = found.items.first()
        && first.entry.rank == Rank::NoJob
        && first.words.from == 0
        && (first.entry.weight >= 6 || first.words == all)
    {
        return Verdict::default();
    }
    found.items.retain(|item| item.entry.rank != Rank::NoJob || item.entry.function.is_some());
    let segments = found.items.last().map_or(0, |item| item.segment + 1);
    let mut chosen: Option<Verdict> = None;
    let readings = |segment| {
        let start = found.items.partition_point(|item| item.segment < segment);
        let end = found.items.partition_point(|item| item.segment <= segment);
        read_segment(&found.items[start..end], found.spanish, tokens)
    };
    // `Ex-CEO, now consultant`: what is over counts only where nothing else is named.
    let former = |segment| {
        let first = found.items.iter().find(|item| item.segment == segment);
        first.is_some_and(|item| item.entry.rank == Rank::Former)
    };
    let over = found.items.iter().any(|item| item.entry.rank == Rank::Former)
        && (0..segments).any(|segment| !former(segment) && readings(segment).job);
    for segment in (0..segments).filter(|segment| !(over && former(*segment))) {
        let reading = readings(segment);
        chosen = match chosen {
            None => (reading.job || reading.function.is_some()).then_some(reading),
            Some(chosen) => Some(chosen.beside(reading)),
        };
    }
    match chosen {
        Some(chosen) => chosen,
        None => by_ending(tokens),
    }
}

impl Verdict {
    /// This reading, and what a later segment adds to it.
    fn beside(mut self, later: Verdict) -> Self {
        let top = |verdict: &Verdict| verdict.seniority.is_some_and(|s| s <= Seniority::CLevel);
        if !self.job && later.job {
            let own = self;
            self = later;
            if own.weight > self.weight {
                (self.function, self.weight) = (own.function, own.weight);
                self.function_from = own.function_from;
            }
            return self;
        }
        // `Director Financiero (CFO)`: the same job by another name. An assistant is not whom
        // brackets name.
        let alias = later.bracketed
            && top(&later)
            && self.seniority.is_some_and(|s| s <= Seniority::Manager);
        if (alias || top(&self) && top(&later)) && later.seniority < self.seniority {
            self.seniority = later.seniority;
            self.seniority_from = later.seniority_from;
        }
        if self.seniority == Some(Seniority::Staff)
            && matches!(later.seniority, Some(Seniority::Senior | Seniority::Junior))
            && later.function.is_none()
        {
            self.seniority = later.seniority;
            self.seniority_from = later.seniority_from;
        }
        if later.seniority == Some(Seniority::Intern) && self.seniority > Some(Seniority::Manager) {
            self.seniority = later.seniority;
            self.seniority_from = later.seniority_from;
        }
        if self.weight < 2 && later.weight > self.weight {
            (self.function, self.weight) = (later.function, later.weight);
            self.function_from = later.function_from;
        }
        self
    }
}

struct Found {
    items: Vec<Item>,
    spanish: bool,
}

/// Finds the phrases of the vocabulary, longest first, and where each stands.
fn find(tokens: &Tokens, vocabulary: &Vocabulary) -> Found {
    let mut found = Found { items: Vec::with_capacity(8), spanish: false };
    let (mut segment, mut part, mut clause, mut place, mut joined) = (0, 0, 0, false, false);
    let mut at = 0;
    while let Some(token) = tokens.list.get(at) {
        match token.before {
            Before::Break | Before::Bracket => {
                (segment, part, clause, place) = (segment + 1, 0, 0, false);
            }
            Before::Joined => (clause, joined) = (clause + 1, true),
            Before::Space => {}
        }
        // A phrase does not reach over a break.
        let reach = (at + 1..tokens.list.len())
            .take_while(|&i| !tokens.list[i].before.breaks())
            .take(LONGEST - 1)
            .count();
        let entry = (at + 1..=at + 1 + reach)
            .rev()
            .find_map(|to| Some((to, vocabulary.entry(tokens.phrase(at, to))?)));
        if let Some((to, entry)) = entry {
            let job = entry.noun || matches!(entry.rank, Rank::Level(_) | Rank::Assistant);
            let helps = found.items.iter().any(|item| item.entry.rank == Rank::Assistant);
            if joined && job && !helps {
                part = 0; // `Director of Sales and Head of Growth`: a second job begins.
            }
            joined = false;
            let words = Words { from: at, to };
            let bracketed = token.before == Before::Bracket
                && tokens.list.get(to).is_none_or(|next| next.before.breaks());
            found.items.push(Item { entry, words, segment, part, clause, place, bracketed });
            at = to;
            continue;
        }
        joined = false;
        match tokens.phrase(at, at + 1) {
            b"at" | b"chez" if !found.items.is_empty() => break,
            b"and" | b"e" => (clause, joined) = (clause + 1, true),
            b"y" => (clause, joined, found.spanish) = (clause + 1, true, true),
            b"of" | b"to" | b"for" | b"with" => part += 1,
            b"de" | b"del" | b"al" | b"para" | b"a" | b"con" => {
                part += 1;
                found.spanish = true;
            }
            b"la" | b"el" | b"los" | b"las" => found.spanish = true,
            b"en" => (place, found.spanish) = (!found.items.is_empty(), true),
            b"in" => place = !found.items.is_empty(),
            _ => {}
        }
        at += 1;
    }
    found
}

fn read_segment(items: &[Item], spanish: bool, tokens: &Tokens) -> Verdict {
    let mut verdict = Verdict::default();
    let mut level: Option<(Seniority, Words)> = None;
    let mut modifier: Option<(Seniority, Words)> = None;
    let (mut intern, mut student, mut noun, mut assistant) = (None, None, None, None);
    let mut helps_a_rank = false;
    let mut modifying = None;
    for (i, item) in items.iter().enumerate() {
        let job_before = items[..i].iter().any(|b| {
            b.part < item.part && (b.entry.noun || matches!(b.entry.rank, Rank::Level(_)))
        });
        // What stands after `of` or `in` says of what, and is no level of its own.
        let complement = job_before || item.place;
        let leads =
            |item: &Item| matches!(item.entry.rank, Rank::Level(s) if s <= Seniority::Manager);
        let next = items.get(i + 1).filter(|next| next.part == item.part && !next.place);
        let text = tokens.phrase(item.words.from, item.words.to);
        match item.entry.rank {
            Rank::Level(Seniority::Intern) => {
                if !(level.is_some() && text.starts_with(b"de ")) {
                    intern = intern.or(Some(item.words));
                }
            }
            Rank::Level(Seniority::Student) if !complement => {
                let heads = |next: &Item| leads(next) || (next.entry.noun && next.entry.weight < 2);
                // `docente universitario` works there.
                let where_to = text.starts_with(b"universitari")
                    && items[..i].iter().any(|before| before.entry.noun);
                if !where_to && !next.is_some_and(heads) {
                    student = student.or(Some(item.words));
                }
            }
            Rank::Level(Seniority::Senior) if text == b"lead" => {
                let ends = next.is_none_or(|next| next.clause != item.clause);
                if ends && !complement {
                    level = higher(level, (Seniority::Manager, item.words));
                } else {
                    modifier = modifier.or(Some((Seniority::Senior, item.words)));
                }
            }
            Rank::Level(rank @ (Seniority::Senior | Seniority::Junior)) => {
                modifier = modifier.or(Some((rank, item.words)));
            }
            Rank::Level(rank) if !complement && rank != Seniority::Staff => {
                let officer = || {
                    items[i..]
                        .iter()
                        .any(|later| tokens.phrase(later.words.from, later.words.to) == b"officer")
                };
                let modifies = text == b"partner"
                    && next.is_some_and(|next| next.entry.noun && next.clause == item.clause);
                let rank = if text == b"chief" && officer() { Seniority::CLevel } else { rank };
                if !modifies {
                    level = higher(level, (rank, item.words));
                }
            }
            Rank::Level(_) => helps_a_rank |= leads(item) && assistant.is_some(),
            Rank::Assistant => {
                // `Assistant Director` directs, `Director adjunto` too.
                let before = level.is_some() && text.starts_with(b"adjunt");
                let after =
                    items[i + 1..].iter().any(|later| later.part == item.part && leads(later));
                if !before && !after && !complement {
                    // `CEO's assistant`
                    helps_a_rank |= level.is_some() && item.clause == 0;
                    assistant = assistant.or(Some(item.words));
                } else {
                    modifying = Some(item.words);
                }
            }
            Rank::None | Rank::NoJob | Rank::Former => {}
        }
        if item.entry.noun && !complement {
            noun = noun.or(Some(item.words));
        }
    }
    if assistant.is_some() {
        level = None;
    }
    let decided = match (intern, level, modifier, student) {
        (Some(words), ..) => Some((Seniority::Intern, words)),
        (_, Some((Seniority::Manager, _)), Some((Seniority::Junior, words)), _) => {
            Some((Seniority::Junior, words))
        }
        (_, Some(level), ..) => Some(level),
        (_, _, _, Some(words)) => Some((Seniority::Student, words)),
        (_, _, Some(modifier), _) => Some(modifier),
        _ => assistant.or(noun).map(|words| (Seniority::Staff, words)),
    };
    verdict.job = decided.is_some();
    verdict.bracketed = matches!(items, [item] if item.bracketed);
    if let Some(item) = function_of(items, spanish).filter(|item| Some(item.words) != modifying) {
        verdict.function = item.entry.function;
        verdict.weight = item.entry.weight;
        verdict.function_from = Some(item.words);
    }
    if let (true, Some(words)) = (helps_a_rank, assistant) {
        verdict.function = Some(Function::Administration);
        verdict.weight = 6;
        verdict.function_from = Some(words);
    }
    let decided = decided.or(verdict.function_from.map(|words| (Seniority::Staff, words)));
    verdict.seniority = decided.map(|(seniority, _)| seniority);
    verdict.seniority_from = decided.map(|(_, words)| words);
    verdict
}

fn higher(
    known: Option<(Seniority, Words)>,
    new: (Seniority, Words),
) -> Option<(Seniority, Words)> {
    match known {
        Some(known) if known.0 <= new.0 => Some(known),
        _ => Some(new),
    }
}

/// The phrase that names the function: of those with the greatest weight, in Spanish the first; in
/// English the last before `of` or `and`, as `Product Marketing` is marketing.
fn function_of(items: &[Item], spanish: bool) -> Option<&Item> {
    let named = |item: &&Item| item.entry.function.is_some();
    let inside = |item: &&Item| !item.place || item.entry.weight < 1;
    let best = items.iter().filter(named).filter(inside).map(|item| item.entry.weight).max();
    let Some(best) = best.filter(|best| *best >= 2) else {
        let somewhere = items.iter().filter(named).max_by_key(|item| item.entry.weight)?;
        return Some(somewhere);
    };
    let mut best = items.iter().filter(named).filter(inside).filter(|i| i.entry.weight == best);
    let first = best.next()?;
    if spanish {
        return Some(first);
    }
    let beside = |item: &&Item| item.part == first.part && item.clause == first.clause;
    Some(best.take_while(beside).last().unwrap_or(first))
}

/// Words of no vocabulary, told by their endings: `zookeeper`, `herrero`. Some other job.
fn by_ending(tokens: &Tokens) -> Verdict {
    const ENDINGS: &[&[u8]] = &[
        b"ist", b"ista", b"ician", b"smith", b"maker", b"keeper", b"worker", b"logo", b"loga",
        b"grafo", b"grafa", b"eer", b"ier", b"ero", b"era", b"dor", b"dora", b"tor", b"tora",
        b"ator", b"izer", b"iser", b"man", b"woman", b"er", b"or",
    ];
    if tokens.list.is_empty() || tokens.list.len() > 3 {
        return Verdict::default();
    }
    let at = (0..tokens.list.len()).find(|&at| {
        let word = tokens.phrase(at, at + 1);
        word.len() >= 6
            && ENDINGS.iter().any(|ending| word.ends_with(ending))
            && std::str::from_utf8(word).is_ok_and(|word| !junk::is_junk(word))
    });
    match at.map(|at| Words { from: at, to: at + 1 }) {
        None => Verdict::default(),
        words => Verdict {
            seniority: Some(Seniority::Staff),
            function: Some(Function::Other),
            weight: 1,
            job: true,
            bracketed: false,
            seniority_from: words,
            function_from: words,
        },
    }
}
