//! Job titles, in English and Spanish: how senior, and in which function.
//!
//! A title is cut into words without accents and case; phrases of a vocabulary are found, longest
//! first; and the structure decides between them: `assistant to X` is no X, what stands after
//! `of` or `de` says a function and no level, a name after `at` is an employer.
//!
//! Conventions, where people differ:
//!
//! - The word decides the level: `Account Manager` and `Product Manager` are managers, `Art
//!   Director` is a director. Only `junior` and `trainee` overrule it: `Junior Account Manager`.
//! - `Founder & CEO` is an owner: the highest level named. Partners of a firm are owners too.
//! - The chief officer that brackets name is the same job by another name: `Head of Finance (CFO)`
//!   is c_level.
//! - `Managing Director`, `Director General`, `President` and `Gerente General` are c_level;
//!   `General Manager` and `Country Manager` are managers.
//! - `jefe` is head (`Jefa de Marketing`), except where it is the usual word for a first line of
//!   management (`jefe de proyecto`, `de equipo`, `de obra`); `gerente`, `responsable`,
//!   `encargado`, `coordinador` and `supervisor` are managers. An English `coordinator` is staff.
//! - Assistants and auxiliaries are staff: the word says what somebody does, not how long.
//! - `Lead Developer` is senior, `Marketing Lead` is a manager.
//! - Students have the function of their field, and none when they name no field.
//! - `CTO` is engineering, `CIO` and `CISO` are it.
//! - What is over (`Ex-CEO`) counts only where nothing else is named.
//! - A title that names a field alone (`Marketing`) is staff.

mod tokens;
mod vocabulary;
mod weigh;

use super::{Explained, word_enum};
use tokens::Tokens;
use vocabulary::Vocabulary;

word_enum! {
    /// How senior a title is, the most senior first.
    Seniority {
        /// Owns the company, or a part of it; the self-employed.
        Owner = "owner",
        /// Chief officers, managing directors, presidents.
        CLevel = "c_level",
        /// Vice presidents.
        Vp = "vp",
        /// Directors.
        Director = "director",
        /// Heads of something.
        Head = "head",
        /// Managers and supervisors.
        Manager = "manager",
        /// Experienced, without people to lead.
        Senior = "senior",
        /// A job with no level in its title.
        Staff = "staff",
        /// Beginners.
        Junior = "junior",
        /// Interns, trainees and apprentices.
        Intern = "intern",
        /// Students.
        Student = "student",
        /// Nothing that reads as a job.
        Unknown = "unknown",
    }
}

word_enum! {
    /// The function of a title.
    Function {
        /// Marketing and communication.
        Marketing = "marketing",
        /// Sales and business development.
        Sales = "sales",
        /// Engineering and software.
        Engineering = "engineering",
        /// Information systems of the company.
        It = "it",
        /// Data and analytics.
        Data = "data",
        /// Product management.
        Product = "product",
        /// Design, of things, interfaces and buildings.
        Design = "design",
        /// Operations, logistics, production, projects.
        Operations = "operations",
        /// Finance, accounting, banking.
        Finance = "finance",
        /// People.
        Hr = "hr",
        /// Law and compliance.
        Legal = "legal",
        /// Purchasing.
        Purchasing = "purchasing",
        /// Support and customer success.
        Support = "support",
        /// Office work.
        Administration = "administration",
        /// Running the company or a business of it.
        GeneralManagement = "general_management",
        /// Teaching and research.
        Education = "education",
        /// Medicine and care.
        Health = "health",
        /// A job in none of these.
        Other = "other",
        /// Cannot be told.
        Unknown = "unknown",
    }
}

/// What a title says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Title {
    /// How senior.
    pub seniority: Seniority,
    /// In which function.
    pub function: Function,
}

/// Reads a title. Looks at its first 200 characters.
pub fn read(title: &str) -> Title {
    let vocabulary = Vocabulary::get();
    let tokens = Tokens::of(title, vocabulary);
    weigh::weigh(&tokens, vocabulary).title()
}

/// Reads a title and says which of its words decided.
pub fn explain(title: &str) -> Explained<Title> {
    let vocabulary = Vocabulary::get();
    let tokens = Tokens::of(title, vocabulary);
    let verdict = weigh::weigh(&tokens, vocabulary);
    let value = verdict.title();
    let quoted = |words: Option<weigh::Words>| {
        words.map(|words| tokens.original(title, words)).filter(|text| !text.is_empty())
    };
    let seniority = match (value.seniority, quoted(verdict.seniority_from)) {
        (Seniority::Unknown, _) => "seniority unknown because nothing in it reads as a job".into(),
        (Seniority::Staff, Some(text)) => {
            format!("seniority staff because \"{text}\" names work and no level")
        }
        (seniority, Some(text)) => format!("seniority {seniority} because of \"{text}\""),
        (seniority, None) => format!("seniority {seniority}"),
    };
    let function = match (value.function, quoted(verdict.function_from)) {
        (Function::Unknown, _) => "function unknown because no word names one".into(),
        (function, Some(text)) => format!("function {function} because of \"{text}\""),
        (function, None) => format!("function {function}"),
    };
    Explained { value, why: format!("{seniority}; {function}") }
}

#[cfg(test)]
mod tests;
