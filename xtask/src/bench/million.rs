//! A million stored orders beside a thousand, and what is done with all of them at once.

use super::figures::Figures;
use super::{Aim, Row, Section};
use crate::error::TaskError;
use crate::report::Step;

const ORDERS: u64 = 1_000_000;
/// How long a start may take.
const START_S: f64 = 10.0;
/// How much memory a comparison may add.
const MEMORY_MB: f64 = 100.0;

/// The server and the program that measures it, as they are shipped.
pub fn build(step: &mut Step<'_>) -> Result<String, TaskError> {
    super::build_with(step, "million")
}

const BOUNDS: &str = "What bounds it: sled keeps a table of its pages, and of the parts that each is made of, in memory, for as many as \
    there are; `store.cache_mb` bounds only what it keeps of their content. A third of the memory is what glibc keeps in \
    its arenas: with `MALLOC_ARENA_MAX=1` a start takes 440 MB instead of 640. Who asks about an order of long ago waits \
    until its page is read from disk and put together from its parts. A comparison reads every order of the day, and \
    their pages stay known.";

pub fn section(step: &mut Step<'_>, _: &mut Figures) -> Result<Section, TaskError> {
    let mut program = super::example("release", "million");
    program.arg(ORDERS.to_string());
    let figures = Million(Figures::of(step, &mut program)?);
    let mut rows = Vec::new();
    for (call, aim) in [("notify", true), ("query", true), ("create", false)] {
        rows.push(figures.growth(call, "p50", None)?);
        rows.push(figures.growth(call, "p99", aim.then_some(Aim::AtMost(1.5)))?);
    }
    rows.push(figures.memory()?);
    rows.push(figures.start()?);
    rows.push(figures.meanwhile()?);
    rows.push(figures.reconcile()?);
    rows.push(figures.reconcile_memory()?);
    rows.push(figures.backup()?);
    let about = "The real server, with the cache of 64 MB that it has when nothing is said, over a store of a million \
        orders (92 % paid and settled, 2 % paid back, 5 % closed, 5,000 open) and over one of a thousand; eight clients, \
        who take turns between the two. All have numbers as the server makes them. New orders are created and WeChat's notices of them taken; questions are about \
        orders anywhere in the past. Everything is on disk before it is answered. Then the large one is killed and started \
        again, a bill with every payment is compared, a backup made, and the store checked.";
    Ok(Section { title: "A million stored orders", about: about.to_owned(), rows, bounds: BOUNDS })
}

struct Million(Figures);

impl Million {
    fn of(&self, shop: &str, what: &str) -> Result<f64, TaskError> {
        self.0.get(shop, what)
    }

    fn many(&self, what: &str) -> Result<f64, TaskError> {
        self.of("many", what)
    }

    fn growth(&self, call: &str, p: &str, aim: Option<Aim>) -> Result<Row, TaskError> {
        let what = format!("{call}, {p}");
        let (many, few) = (self.many(&what)?, self.of("few", &what)?);
        let note = format!("{:.2} ms and {:.2} ms", many / 1e3, few / 1e3);
        Ok(Row { what, against: "at 1,000 orders".to_owned(), ratio: many / few, aim, note })
    }

    fn memory(&self) -> Result<Row, TaskError> {
        let (many, few) = (self.many("memory")?, self.of("few", "memory")?);
        let (orders, disk) = (self.many("orders")?, self.many("disk")?);
        let note = format!(
            "{:.0} MB and {:.0} MB resident: {:.0} bytes an order; {:.1} kB an order on disk",
            many / 1e6,
            few / 1e6,
            (many - few) / orders,
            disk / orders / 1e3
        );
        let (what, against) = ("memory of the server".to_owned(), "at 1,000 orders".to_owned());
        Ok(Row { what, against, ratio: many / few, aim: None, note })
    }

    fn start(&self) -> Result<Row, TaskError> {
        let [start, counted, loaded] = [
            self.many("start")?,
            self.many("start, until all is counted")?,
            self.many("start under load, until all is counted")?,
        ]
        .map(|micros| micros / 1e6);
        let note = format!(
            "{start:.1} s until /readyz is green; every row counted after {counted:.1} s, {loaded:.1} s under load"
        );
        let what = "start after kill -9".to_owned();
        let aim = Some(Aim::AtMost(1.0));
        Ok(Row { what, against: "10 s".to_owned(), ratio: start / START_S, aim, note })
    }

    fn meanwhile(&self) -> Result<Row, TaskError> {
        let (many, before) = (self.many("meanwhile, notify, p99")?, self.many("notify, p99")?);
        let note = format!("{:.2} ms and {:.2} ms", many / 1e3, before / 1e3);
        let what = "notify, p99, while rows are counted".to_owned();
        let against = "when all is counted".to_owned();
        Ok(Row { what, against, ratio: many / before, aim: None, note })
    }

    fn reconcile(&self) -> Result<Row, TaskError> {
        let (ours, read) = (self.many("reconcile, time")?, self.many("bill, time to read")?);
        let note = format!(
            "{:.0} s and {:.1} s for {:.0} MB",
            ours / 1e6,
            read / 1e6,
            self.many("bill")? / 1e6
        );
        let (what, against) = ("reconcile a bill of all orders", "reading and parsing the file");
        let (what, against) = (what.to_owned(), against.to_owned());
        Ok(Row { what, against, ratio: ours / read, aim: None, note })
    }

    fn reconcile_memory(&self) -> Result<Row, TaskError> {
        let server = self.many("reconcile, memory the server adds")? / 1e6;
        let command = self.many("reconcile, memory of the command")? / 1e6;
        let note = format!("{server:.0} MB more in the server, {command:.0} MB in the command");
        let (what, against) = ("memory that reconcile takes".to_owned(), "100 MB".to_owned());
        let aim = Some(Aim::AtMost(1.0));
        Ok(Row { what, against, ratio: server.max(command) / MEMORY_MB, aim, note })
    }

    fn backup(&self) -> Result<Row, TaskError> {
        let [import, export, check] = [
            self.many("import, time")?,
            self.many("export, time")?,
            self.many("check-store, time")?,
        ];
        let note = format!(
            "{:.0} s and {:.0} s for {:.0} MB, in {:.0} MB and {:.0} MB of memory; check-store {:.0} s in {:.0} MB",
            import / 1e6,
            export / 1e6,
            self.many("backup")? / 1e6,
            self.many("import, memory")? / 1e6,
            self.many("export, memory of the command")? / 1e6,
            check / 1e6,
            self.many("check-store, memory")? / 1e6
        );
        let (what, against) = ("import of a backup".to_owned(), "its export".to_owned());
        Ok(Row { what, against, ratio: import / export, aim: None, note })
    }
}
