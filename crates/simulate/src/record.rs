//! What an export holds: leads, events, outcomes, and the row of truth beside them. Plain data; the
//! fields are the columns of the files, in their order.

use std::fmt;
use std::net::Ipv4Addr;

use leadscore_features::Time;

use crate::latent::Latent;

/// A lead's id, printed `L00000042`. Events of no known lead carry ids that no lead has, printed
/// `X00000042`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LeadId {
    /// The lead of this index.
    Known(u64),
    /// Nobody in the table of leads.
    Stray(u64),
}

impl fmt::Display for LeadId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Known(index) => write!(f, "L{index:08}"),
            Self::Stray(index) => write!(f, "X{index:08}"),
        }
    }
}

/// An event's id, printed `e42-7`. Events of one id are copies of each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EventId {
    /// Index of the lead whose history the event was made with.
    pub lead: u64,
    /// Number within that history.
    pub number: u32,
}

impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "e{}-{}", self.lead, self.number)
    }
}

/// Defines an enum whose values have a text in the files.
macro_rules! texts {
    ($(#[$about:meta])* $name:ident { $($(#[$doc:meta])* $variant:ident = $text:literal,)+ }) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $($(#[$doc])* $variant,)+ }

        impl $name {
            /// Every value, in the order of the tables of probabilities.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The text in the files.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)+ }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}

texts! {
    /// What happened.
    Kind {
        /// A page of the site was seen; `page` and `depth` say which and how far.
        PageView = "page_view",
        /// A paper or a tool was downloaded.
        Download = "download",
        /// A webinar was attended.
        Webinar = "webinar",
        /// A fair or a meet-up was attended.
        EventAttended = "event_attended",
        /// A demonstration was asked for.
        DemoRequest = "demo_request",
        /// A trial was asked for.
        TrialRequest = "trial_request",
        /// A call took place.
        Call = "call",
        /// A meeting took place.
        Meeting = "meeting",
        /// A survey was answered; `value` is its score, 0 to 10.
        Survey = "survey",
        /// We sent an email.
        EmailSent = "email_sent",
        /// An email was opened; `message` says which.
        EmailOpened = "email_opened",
        /// A link of an email was clicked; `message` says which.
        EmailClicked = "email_clicked",
        /// The lead wrote back.
        EmailReplied = "email_replied",
        /// A link on a social network was clicked.
        SocialClick = "social_click",
        /// A post was shared.
        SocialShare = "social_share",
        /// A post was liked.
        SocialLike = "social_like",
        /// The lead wants no more emails.
        Unsubscribe = "unsubscribe",
        /// An email could not be delivered; `message` says which.
        Bounce = "bounce",
        /// A customer bought; `value` is the amount in EUR.
        Purchase = "purchase",
        /// An attribute got a value: `attribute` became `to`.
        Set = "set",
    }
}

texts! {
    /// What an email was about.
    EmailType {
        /// Regular news.
        Newsletter = "newsletter",
        /// An offer.
        Promotional = "promotional",
        /// Help to start, to new leads and new customers.
        Onboarding = "onboarding",
    }
}

texts! {
    /// Where a lead came from.
    Source {
        /// Paid advertisements. Their share rises over the two years, and their leads get worse.
        Ads = "ads",
        /// Found us by themselves.
        Organic = "organic",
        /// Sent by a customer.
        Referral = "referral",
        /// Met at a fair.
        Event = "event",
        /// Sent by a partner.
        Partner = "partner",
    }
}

texts! {
    /// Why an event is in the log. It is not in the files: it says what a filter should find.
    Origin {
        /// The lead did it before it converted or was closed. The only events that tell anything.
        Genuine = "genuine",
        /// A `set` event: the first value of an attribute, or a change.
        History = "history",
        /// After converting or after being closed.
        After = "after",
        /// One of dozens of page views within seconds ([`crate::noise::BURST`]).
        Bot = "bot",
        /// A mail scanner opened and clicked 1 to 3 seconds after `email_sent`.
        Scanner = "scanner",
        /// A second delivery: the same id and content, a later `known_at`.
        Duplicate = "duplicate",
        /// One of us looked; the address is in 10.0.0.0/8.
        Internal = "internal",
        /// Anonymous visits from before the lead was created.
        BeforeCreated = "before_created",
        /// A clock that runs ahead: `at` lies after `known_at`.
        Future = "future",
        /// Of nobody in the table of leads.
        Stray = "stray",
    }
}

impl Origin {
    /// The kinds of noise. All of it is drawn independently of intent, need, fit and outcome.
    pub const NOISE: [Self; 7] = [
        Self::Bot,
        Self::Scanner,
        Self::Duplicate,
        Self::Internal,
        Self::BeforeCreated,
        Self::Future,
        Self::Stray,
    ];
}

/// A row of the event log.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// Whose event.
    pub lead_id: LeadId,
    /// What happened.
    pub kind: Kind,
    /// When it happened.
    pub at: Time,
    /// When we learnt of it; never after the end of observation. Before `at` only for
    /// [`Origin::Future`].
    pub known_at: Time,
    /// Its id; copies share it.
    pub event_id: EventId,
    /// The page of a `page_view`, such as `/pricing/enterprise`.
    pub page: Option<&'static str>,
    /// How far a page was read, 1 to 10.
    pub depth: Option<u8>,
    /// What the email was about: of `email_sent`, `email_opened`, `email_clicked`, `bounce`.
    pub email_type: Option<EmailType>,
    /// How the lead came to the act: `web`, `email`, `social`, `event`, `sales`, `search`.
    pub channel: Option<&'static str>,
    /// The amount of a `purchase` in EUR, the score of a `survey` from 0 to 10.
    pub value: Option<f64>,
    /// The address of a web event.
    pub ip: Option<Ipv4Addr>,
    /// The `email_sent` that an open, a click or a bounce belongs to.
    pub message: Option<EventId>,
    /// The attribute of a `set` event: one of [`crate::HISTORY_COLUMNS`].
    pub attribute: Option<&'static str>,
    /// Its new value.
    pub to: Option<String>,
    /// Why the event is there. Not a column.
    pub origin: Origin,
}

/// A row of the table of leads. `None` is an empty cell. Attributes with a history hold their
/// latest value.
#[derive(Clone, Debug, PartialEq)]
pub struct Lead {
    /// The lead.
    pub lead_id: LeadId,
    /// Its account, printed `A…`; some leads share one.
    pub account: String,
    /// When it came.
    pub created_at: Time,
    /// First and last name.
    pub name: String,
    /// Free text, English or Spanish. Has history.
    pub job_title: Option<String>,
    /// The company's name.
    pub company: Option<String>,
    /// The company's industry.
    pub industry: Option<&'static str>,
    /// How many people the company employs. Has history; sales fills it in after a win.
    pub employees: Option<u32>,
    /// ISO 3166 code of two letters.
    pub country: &'static str,
    /// Corporate, free or disposable.
    pub email: String,
    /// With the country's prefix.
    pub phone: Option<String>,
    /// Where the lead came from.
    pub source: Source,
    /// What the lead said it could spend, a range in EUR.
    pub budget: Option<&'static str>,
    /// How many of the form's six optional fields were filled in.
    pub optional_fields: u8,
    /// Age in years. A sensitive attribute: it goes with seniority, and tells nothing else.
    pub age: Option<u8>,
    /// `lead`, `mql`, `customer` or `closed`. Has history; the latest value gives the outcome away.
    pub lifecycle: &'static str,
    /// A leak: EUR a year, filled in once won.
    pub contract_value: Option<f64>,
    /// A leak: minutes of the closing call, nearly always of a won lead.
    pub closing_call_minutes: Option<u16>,
    /// A leak: why we won, for most of the won leads.
    pub won_reason: Option<&'static str>,
}

/// What became of a lead by the end of observation. At most one of the two is there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// When it converted.
    pub converted_at: Option<Time>,
    /// When it was closed otherwise.
    pub closed_at: Option<Time>,
}

impl Outcome {
    /// When the lead stopped being open.
    pub fn ended_at(&self) -> Option<Time> {
        self.converted_at.or(self.closed_at)
    }
}

/// A row of the table of truth: one lead as of one moment.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TruthRow {
    /// The lead.
    pub lead_id: LeadId,
    /// The moment.
    pub as_of: Time,
    /// Probability of converting within the horizon, given the true hidden state at `as_of`.
    pub probability: f64,
    /// The same probability given what was known by `as_of`: no score can rank or calibrate better.
    pub best: f64,
    /// Whether the lead converted within the horizon. `None` when the horizon goes beyond the end
    /// of observation, whatever happened before it: to keep the conversions and drop the rest
    /// would raise the rate of the last months.
    pub converted: Option<bool>,
}

/// One lead with all that belongs to it.
#[derive(Clone, Debug, PartialEq)]
pub struct SimulatedLead {
    /// The row of the table of leads.
    pub lead: Lead,
    /// Its events in order of `at`, [`Origin::Stray`] ones last.
    pub events: Vec<Event>,
    /// What became of it.
    pub outcome: Outcome,
    /// What nobody can see.
    pub latent: Latent,
}
