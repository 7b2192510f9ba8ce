//! Clients that are judged while they exchange: dialogues with one worker.

use std::time::Duration;

use pwp_proto::{Framing, Input, WorkRequest, WorkResponse, encode};

use crate::history::{Event, Mode, Signal, Start, Timed};
use crate::oracle::{Breach, Finding, Verdict};
use crate::oracle::{Declaration, Oracle};
use pwp_spec::{Feature, RequirementId};

/// A session that is being watched.
struct Watched {
    oracle: Oracle,
    dialect: Framing,
    upheld: Vec<RequirementId>,
    broken: Vec<Breach>,
}

impl Watched {
    fn new(dialect: Framing) -> Self {
        Self::of(dialect, Declaration::default(), &["tool", "--persistent_worker"])
    }

    fn declared(features: &[Feature]) -> Self {
        let features = Some(features.iter().copied().collect());
        Self::of(Framing::Proto, Declaration { dialect: None, features }, &["tool", "--persistent_worker"])
    }

    fn of(dialect: Framing, declaration: Declaration, argv: &[&str]) -> Self {
        Self::by(Oracle::of_client(declaration), dialect, argv)
    }

    fn by(oracle: Oracle, dialect: Framing, argv: &[&str]) -> Self {
        let mut watched = Self { oracle, dialect, upheld: Vec::new(), broken: Vec::new() };
        watched.tell(Event::Started(Start {
            argv: argv.iter().map(|word| (*word).to_owned()).collect(),
            dialect: dialect.into(),
            features: [].into(),
            mode: Mode::Worker,
            flag: None,
            one_shot: None,
            confined: false,
        }));
        watched
    }

    fn tell(&mut self, event: Event) -> &mut Self {
        let findings = self.oracle.observe(&Timed { at: Duration::ZERO, event });
        self.take(findings)
    }

    fn take(&mut self, findings: Vec<Finding>) -> &mut Self {
        for finding in findings {
            match finding.verdict {
                Verdict::Upheld(id) => self.upheld.push(id),
                Verdict::Observed(..) => {}
                Verdict::Violated(breach) => self.broken.push(*breach),
            }
        }
        self
    }

    fn send(&mut self, request: &WorkRequest) -> &mut Self {
        self.tell(Event::Sent(encode(self.dialect, request)))
    }

    fn asks(&mut self, id: i32) -> &mut Self {
        self.send(&request(id))
    }

    fn cancels(&mut self, id: i32) -> &mut Self {
        self.send(&WorkRequest { request_id: id, cancel: true, ..WorkRequest::default() })
    }

    fn answers(&mut self, id: i32) -> &mut Self {
        let response = WorkResponse { request_id: id, ..WorkResponse::default() };
        self.tell(Event::Received(encode(self.dialect, &response)))
    }

    fn serves(&mut self, id: i32) -> &mut Self {
        self.asks(id).answers(id)
    }

    fn ends(&mut self) -> &mut Self {
        self.tell(Event::StdinClosed);
        let findings = self.oracle.finish();
        self.take(findings)
    }

    /// What was broken by now, in its order.
    fn broken(&self) -> Vec<String> {
        self.broken.iter().map(|breach| breach.violation.requirement().to_string()).collect()
    }

    fn upholds(&self, number: u16) -> bool {
        self.upheld.contains(&RequirementId::client(number))
    }
}

fn proto() -> Watched {
    Watched::new(Framing::Proto)
}

fn request(id: i32) -> WorkRequest {
    WorkRequest { arguments: vec!["-c".into()], request_id: id, ..WorkRequest::default() }
}

#[test]
fn a_good_client_is_not_accused_of_anything() {
    for dialect in Framing::ALL {
        let mut singleplex = Watched::new(dialect);
        singleplex.serves(0).asks(0).cancels(0).answers(0).serves(0).ends();
        assert_eq!(singleplex.broken(), [""; 0], "{dialect}");
        for number in [2, 45, 46, 50, 54, 57, 96, 97, 98, 131, 132] {
            assert!(singleplex.upholds(number), "C-{number:03}");
        }
        assert_eq!(singleplex.upholds(58), dialect == Framing::Json);
        let mut multiplex = Watched::new(dialect);
        multiplex.asks(1).asks(2).answers(2).cancels(1).asks(3).answers(1).answers(3).serves(1).ends();
        assert_eq!(multiplex.broken(), [""; 0], "{dialect}");
        assert!(multiplex.upholds(47) && multiplex.upholds(48));
    }
}

#[test]
fn what_an_id_can_be_wrong_in() {
    assert_eq!(proto().asks(0).asks(0).broken(), ["C-046"]);
    assert_eq!(proto().asks(5).asks(5).broken(), ["C-048"]);
    assert_eq!(proto().asks(-5).broken(), ["C-047"]);
    assert_eq!(proto().serves(0).serves(1).asks(0).broken(), ["C-050"]);
    assert_eq!(proto().asks(0).cancels(0).asks(0).broken(), ["C-098"]);
    assert_eq!(Watched::declared(&[]).asks(1).broken(), ["C-045"]);
    assert_eq!(Watched::declared(&[Feature::Multiplex]).asks(1).broken(), [""; 0]);
}

#[test]
fn the_evidence_names_both_events_and_the_bytes() {
    let mut watched = proto();
    watched.asks(0).asks(0);
    let breach = &watched.broken[0];
    assert_eq!(breach.events, [1, 2]);
    let excerpt = breach.excerpt.as_ref().unwrap();
    assert_eq!((excerpt.offset, excerpt.length, excerpt.head.as_slice()), (5, 5, &b"\x04\x0a\x02-c"[..]));
    assert_eq!(
        breach.violation.to_string(),
        "the request of action no. 2 came while that of no. 1, with id 0, was open"
    );
}

#[test]
fn a_client_that_was_misled_is_not_accused() {
    // The first answer came before the request that the client took it for.
    let mut watched = proto();
    watched.answers(0).asks(0).serves(0).answers(0).ends();
    assert_eq!(watched.broken(), [""; 0]);
}

#[test]
fn who_goes_on_after_a_fault_has_read_it() {
    assert_eq!(proto().asks(0).answers(7).asks(0).broken(), ["C-063"]);
    let mut ended = proto();
    ended.asks(0).answers(7).ends();
    assert!(ended.upholds(63) && ended.broken().is_empty());
    // With several open requests one can have been on its way.
    assert_eq!(proto().asks(1).answers(7).asks(2).broken(), [""; 0]);
}

#[test]
fn cancels_are_for_what_was_asked_and_for_who_declares_it() {
    assert_eq!(proto().asks(1).cancels(2).broken(), ["C-096"]);
    assert_eq!(proto().asks(1).answers(1).cancels(1).broken(), [""; 0], "it may cross");
    let with_arguments = WorkRequest { cancel: true, ..request(1) };
    assert_eq!(proto().asks(1).send(&with_arguments).broken(), ["C-096"]);
    assert_eq!(Watched::declared(&[Feature::Multiplex]).asks(1).cancels(1).broken(), ["C-095"]);
    let mut declares = Watched::declared(&[Feature::Multiplex, Feature::Cancellation]);
    assert!(declares.asks(1).cancels(1).broken().is_empty() && declares.upholds(95));
}

#[test]
fn bytes_that_are_no_request() {
    let mut watched = proto();
    watched.serves(0).tell(Event::Sent(b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff".to_vec()));
    watched.asks(0).asks(0).ends();
    assert_eq!(watched.broken(), ["C-057"], "behind them nothing can be read");
    assert!(watched.broken[0].excerpt.is_some());
    let json = encode(Framing::Json, &request(0));
    let told = Declaration { dialect: Some(Framing::Proto), features: None };
    let mut other = Watched::of(Framing::Proto, told, &["tool", "--persistent_worker"]);
    assert_eq!(other.tell(Event::Sent(json)).broken(), ["C-008"]);
}

#[test]
fn lines_of_json() {
    let line = String::from_utf8(encode(Framing::Json, &request(0))).unwrap();
    for (sent, broken) in [
        (line.clone(), false),
        (line.trim_end().to_owned(), true),
        (line.replace(':', ":\n"), true),
        (format!("{line}\n"), true),
    ] {
        let mut watched = Watched::new(Framing::Json);
        for piece in sent.as_bytes().chunks(3) {
            watched.tell(Event::Sent(piece.to_vec()));
        }
        watched.answers(0).ends();
        assert_eq!(!watched.broken.is_empty(), broken, "{sent:?}");
        assert!(watched.broken.iter().all(|breach| breach.violation.requirement().to_string() == "C-058"));
    }
    // Without a newline the next request stands on the same line, which shows at once.
    let mut watched = Watched::new(Framing::Json);
    watched.tell(Event::Sent(line.trim_end().into())).answers(0).tell(Event::Sent(line.trim_end().into()));
    assert_eq!(watched.broken(), ["C-058"]);
}

#[test]
fn arguments_paths_and_sandboxes() {
    let input = |path: &str| Input { path: path.into(), digest: Vec::new() };
    let with = |argument: &str, path: &str| WorkRequest {
        arguments: vec![argument.into()],
        inputs: vec![input(path)],
        ..WorkRequest::default()
    };
    for (argument, path, broken) in [
        ("@a.params", "a.params", vec!["C-032"]),
        ("@@a.params", "a.params", vec![]),
        ("@org", "a.params", vec![]),
        ("src/a.c", "/home/x/src/a.c", vec!["C-052"]),
        ("src/a.c", "src/a.c", vec![]),
        ("c", "/usr/bin/c", vec![]),
    ] {
        assert_eq!(proto().send(&with(argument, path)).broken(), broken, "{argument}");
    }
    let inside = |id, directory: &str| WorkRequest { sandbox_dir: directory.into(), ..request(id) };
    let mut watched = proto();
    watched.send(&inside(1, "a")).send(&inside(2, "b")).answers(1).send(&inside(3, "a"));
    assert!(watched.broken().is_empty() && watched.upholds(112));
    assert_eq!(watched.send(&inside(4, "b")).broken(), ["C-112"]);
    assert_eq!(Watched::declared(&[Feature::Multiplex]).send(&inside(1, "a")).broken(), ["C-055"]);
}

#[test]
fn the_flag_stands_there_once() {
    let argv = ["tool", "--persistent_worker", "--persistent_worker"];
    let mut watched = Watched::of(Framing::Proto, Declaration::default(), &argv);
    assert_eq!(watched.serves(0).asks(0).broken(), ["C-002"]);
}

#[test]
fn a_signal_is_time_to_end() {
    let mut watched = proto();
    watched.serves(0).tell(Event::Signalled(Signal::Term));
    assert!(watched.upholds(132) && !watched.upholds(131));
}

#[test]
fn a_long_build_and_a_flood_take_no_memory() {
    let mut watched = proto();
    for id in 1..=50_000 {
        watched.serves(id);
        watched.upheld.clear();
    }
    assert!(watched.broken.is_empty());
    // An empty request is one byte.
    let mut flood = proto();
    for _ in 0..100 {
        flood.tell(Event::Sent(vec![0; 1 << 16]));
    }
    assert!(flood.broken.len() <= 64, "{}", flood.broken.len());
}

/// A reader with a higher limit takes it, so that the worker answers is no mistake, nor is what the client does then.
#[test]
fn a_request_that_is_too_large_to_be_read_is_held_against_nobody() {
    let both = Oracle::of_both(Declaration::default());
    let mut watched = Watched::by(both, Framing::Proto, &["tool", "--persistent_worker"]);
    let mut request = pwp_proto::frame::length_prefix(pwp_proto::MAX_MESSAGE + 1);
    request.extend_from_slice(b"\x0a\x05hello");
    watched.tell(Event::Sent(request));
    watched.tell(Event::Received(encode(Framing::Proto, &WorkResponse::default())));
    watched.tell(Event::StdinClosed);
    let last = watched.oracle.finish();
    assert_eq!(watched.take(last).broken, []);
}
