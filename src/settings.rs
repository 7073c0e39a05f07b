//! The extension's settings.

use pgrx::guc::{GucContext, GucFlags, GucRegistry, GucSetting, PostgresGucEnum};

/// What happens to DDL that is destructive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PostgresGucEnum)]
pub enum Destructive {
    /// It runs.
    #[name = c"allow"]
    Allow,
    /// It runs, with a WARNING.
    #[name = c"warn"]
    Warn,
    /// It is an ERROR.
    #[name = c"forbid"]
    Forbid,
}

/// What happens to a transaction whose DDL cannot be recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PostgresGucEnum)]
pub enum OnError {
    /// It is rolled back.
    #[name = c"abort"]
    Abort,
    /// It commits; the next entry takes it along.
    #[name = c"suspend"]
    Suspend,
}

static ON_ERROR: GucSetting<OnError> = GucSetting::<OnError>::new(OnError::Abort);
static DESTRUCTIVE: GucSetting<Destructive> = GucSetting::<Destructive>::new(Destructive::Allow);
static CHECK_READER: GucSetting<bool> = GucSetting::<bool>::new(false);
static SEAL_TIMEOUT: GucSetting<i32> = GucSetting::<i32>::new(0);

/// Registers the settings; once for each process.
pub fn register() {
    GucRegistry::define_int_guc(
        c"electric_schema.seal_timeout",
        c"How long a commit that changed the schema waits for another one to finish.",
        c"Only a prepared transaction can hold it up for long. 0 waits without end.",
        &SEAL_TIMEOUT,
        0,
        i32::MAX,
        GucContext::Userset,
        GucFlags::UNIT_MS,
    );
    GucRegistry::define_bool_guc(
        c"electric_schema.check_reader",
        c"Reads the catalogs a second time, by the reference query, and compares.",
        c"For tests: a difference is an error.",
        &CHECK_READER,
        GucContext::Suset,
        GucFlags::NO_SHOW_ALL,
    );
    GucRegistry::define_enum_guc(
        c"electric_schema.destructive",
        c"What happens to DDL that is destructive for clients.",
        c"allow: nothing; warn: a WARNING at the end of the command; forbid: an ERROR there.",
        &DESTRUCTIVE,
        GucContext::Suset,
        GucFlags::default(),
    );
    GucRegistry::define_enum_guc(
        c"electric_schema.on_error",
        c"What happens to a transaction whose DDL cannot be recorded.",
        c"abort: it is rolled back; suspend: it commits with a WARNING, and the next entry takes it along.",
        &ON_ERROR,
        GucContext::Suset,
        GucFlags::default(),
    );
}

/// What happens to a transaction whose DDL cannot be recorded.
pub fn on_error() -> OnError {
    ON_ERROR.get()
}

/// Whether every reading of the catalogs is compared with the reference query's.
pub fn check_reader() -> bool {
    CHECK_READER.get()
}

/// What happens to DDL that is destructive.
pub fn destructive() -> Destructive {
    DESTRUCTIVE.get()
}

/// Milliseconds that a seal waits for its turn; 0: without end.
pub fn seal_timeout() -> i32 {
    SEAL_TIMEOUT.get()
}
