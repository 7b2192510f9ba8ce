//! For each hook that a fault overrides alone: a value that is given what to do instead.
//!
//! `Line(|line| None)` has the method `line` of `StrategyHooks`, which does that, and the correct behaviour everywhere else.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::os::fd::BorrowedFd;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use pwp_proto::{Framing, Note, WorkRequest, WorkResponse};
use tokio::time::Instant;

use crate::ended::{WorkerEnded, WorkerFault};
use crate::hooks::{
    ActionHooks, CleaningStep, Contents, ExchangeHooks, GiveUp, GivenUp, LoserOutputs, Notice, PoolHooks,
    ProcessHooks, Reaction, SandboxHooks, Seen, SettingsHooks, StrategyHooks, Waiting, WorkerView,
};
use crate::key::{NoWorker, Tools, WorkerKey};
use crate::options::Options;
use crate::spawn::{Requirements, Spawn};
use crate::unix::{Launch, Process};

macro_rules! overrides {
    ($($hooks:ident $(($mutable:tt))?: $name:ident = $method:ident $(<$life:lifetime>)? ($($arg:ident: $type:ty),*) $(-> $result:ty)?;)*) => {$(
        pub(super) struct $name(pub(super) $(for<$life>)? fn($($type),*) $(-> $result)?);

        impl $hooks for $name {
            fn $method $(<$life>)? (&$($mutable)? self $(, $arg: $type)*) $(-> $result)? {
                (self.0)($($arg),*)
            }
        }
    )*};
}

overrides! {
    SettingsHooks: Settings = settings(options: &mut Options);

    StrategyHooks: Declares = requirements<'a>(declared: &'a Requirements) -> Cow<'a, Requirements>;
    StrategyHooks: IsOneShot = is_one_shot(reason: NoWorker) -> bool;
    StrategyHooks: IsRequestArgument = is_request_argument(argument: &str, after_another: bool) -> bool;
    StrategyHooks: Argfile = argfile<'a>(argument: &'a str, in_argfile: bool) -> Option<&'a str>;
    StrategyHooks: Literal = literal<'a>(argument: &'a str) -> &'a str;
    StrategyHooks: Line = line<'a>(line: &'a str) -> Option<&'a str>;
    StrategyHooks: RefusesUndeclared = refuses_undeclared() -> bool;
    StrategyHooks: RefusesCycles = refuses_cycles() -> bool;
    StrategyHooks: CommandLine =
        command(startup: Vec<String>, mnemonic: &str, extra: &BTreeMap<String, Vec<String>>) -> Vec<String>;
    StrategyHooks: IsolatesRaces = isolates_races() -> bool;

    PoolHooks: PoolKey = pool_key(key: &Arc<WorkerKey>) -> Arc<WorkerKey>;
    PoolHooks: ChangedTools = changed_tools(at_start: &Tools, now: &Tools, key: &WorkerKey) -> Vec<String>;
    PoolHooks: FinishesOpenRequests = finishes_open_requests() -> bool;
    PoolHooks: WaitsForSlot = waits_for_slot() -> bool;
    PoolHooks: FreesSlot = frees_slot(failed: bool) -> bool;
    PoolHooks: EndsIdleFirst = ends_idle_first() -> bool;

    ProcessHooks: LogName = log_name(own: String) -> String;
    ProcessHooks: Launches = launch(launch: &mut Launch<'_>, options: &Options);
    ProcessHooks: InputOpened = input_opened(input: BorrowedFd<'_>);
    ProcessHooks: OneShotCommand = one_shot_command<'a>(arguments: &'a [String]) -> Cow<'a, [String]>;
    ProcessHooks: Deadline = deadline(limit: Instant) -> Instant;
    ProcessHooks: Heeds = heeds(seen: Seen) -> bool;
    ProcessHooks: BeforeRead =
        before_read<'a>(worker: &'a dyn WorkerView, process: &'a Process) -> Option<Waiting<'a>>;
    ProcessHooks: WaitsForEnd = waits_for_end() -> bool;
    ProcessHooks: GivesNotice = notice() -> Notice;
    ProcessHooks: Cleaning = cleaning() -> [CleaningStep; 2];

    ExchangeHooks(mut): RequestId = request_id(id: i32, open: usize) -> i32;
    ExchangeHooks(mut): Encode = encode(framing: Framing, message: &WorkRequest) -> Vec<u8>;
    ExchangeHooks(mut): AfterResponse = after_response(request_id: i32) -> Option<WorkRequest>;
    ExchangeHooks: CompletesRequests = completes_requests() -> bool;
    ExchangeHooks: TakesFrames = takes_frames(framing: Framing, pending: &[u8], open: usize) -> bool;
    ExchangeHooks: IsMalformed = is_malformed(framing: Framing, note: &Note) -> bool;
    ExchangeHooks: AnsweredId =
        answered_id(id: i32, multiplex: bool, open: &mut dyn Iterator<Item = i32>) -> i32;
    ExchangeHooks: WrongResponse = wrong_response(response: &WorkResponse, cancelled: bool) -> Option<WorkerFault>;
    ExchangeHooks: Reacts = reaction(fault: &WorkerFault) -> Reaction;

    ActionHooks: HeedsInterrupts = heeds_interrupts() -> bool;
    ActionHooks: Request = request(request: &mut WorkRequest, spawn: &Spawn, directory: &Path);
    ActionHooks: Response = response(response: &mut WorkResponse, worker: &dyn WorkerView);
    ActionHooks: MissingOutputs = missing_outputs(spawn: &Spawn, directory: &Path) -> Vec<String>;
    ActionHooks: ClearsOutputs = clears_outputs(retry: bool) -> bool;
    ActionHooks: ReplacesIdleWorkers = replaces_idle_workers() -> bool;
    ActionHooks: Message = message(ended: &WorkerEnded) -> String;
    ActionHooks: GivesUp = give_up(request: &GivenUp<'_>) -> GiveUp;
    ActionHooks: AfterRace = after_race() -> Option<LoserOutputs>;

    SandboxHooks: RemovesDirectory = removes_directory(of_request: bool) -> bool;
    SandboxHooks: Holds = contents(files: &mut BTreeSet<PathBuf>, contents: &mut Contents<'_>);
    SandboxHooks: RemovesOtherFiles = removes_other_files() -> bool;
    SandboxHooks: PlacesInput = place_input(source: &Path, place: &Path) -> io::Result<()>;
    SandboxHooks: Collects = collect(spawn: &Spawn, sandbox: &Path, directory: &Path) -> io::Result<()>;
}
