//! The extension's settings.

use pgrx::guc::{GucContext, GucFlags, GucRegistry, GucSetting};

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
}

/// Milliseconds that a seal waits for its turn; 0: without end.
pub fn seal_timeout() -> i32 {
    SEAL_TIMEOUT.get()
}
