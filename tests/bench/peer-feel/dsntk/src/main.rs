//! The county's rules by DecisionToolkit's FEEL evaluator (dsntk): FORM OUT SECONDS, one thread.
//! OUT: the items' codes, then a line a household with a letter an item: 1 yes, 0 no, n null, x not read.
//! Prints the CPU nanoseconds a household, of all of it and of the conditions alone.
use dsntk_feel::context::FeelContext;
use dsntk_feel::values::Value;
use dsntk_feel::{Evaluator, FeelScope, Name};
use std::time::{Duration, Instant};

struct Step {
    scope: Name,
    name: Name,
    evaluator: Evaluator,
}

struct Rules {
    steps: Vec<Step>,
    codes: Vec<String>,
    items: Vec<Option<Evaluator>>,
}

fn name(s: &str) -> Name {
    Name::new(&[s])
}

fn compiled(scope: &FeelScope, text: &str) -> Result<Evaluator, String> {
    let node = dsntk_feel_parser::parse_expression(scope, text, false).map_err(|e| e.to_string())?;
    Ok(dsntk_feel_evaluator::prepare(&node))
}

/// What a step found goes where the later ones look for it; a member's is a list with a value of each.
fn put(context: &mut FeelContext, step: &Step, value: Value, members: &Name) {
    if step.scope != *members {
        if let Some(Value::Context(mut to)) = context.remove_entry(&step.scope) {
            to.set_entry(&step.name, value);
            context.set_entry(&step.scope, Value::Context(to));
        }
        return;
    }
    if let (Some(Value::List(mut to)), Value::List(values)) = (context.remove_entry(members), value) {
        for (member, v) in to.iter_mut().zip(values) {
            if let Value::Context(m) = member {
                m.set_entry(&step.name, v);
            }
        }
        context.set_entry(members, Value::List(to));
    } else {
        panic!("{} is no list", step.name);
    }
}

fn take(scope: &FeelScope, step: &Step, members: &Name) {
    let value = (step.evaluator)(scope);
    let mut context = scope.pop().unwrap();
    put(&mut context, step, value, members);
    scope.push(context);
}

impl Rules {
    fn work_out(&self, scope: &FeelScope, members: &Name) {
        for step in &self.steps {
            take(scope, step, members);
        }
    }

    fn judge(&self, scope: &FeelScope, out: &mut String) {
        for item in &self.items {
            out.push(match item.as_ref().map(|e| e(scope)) {
                None => 'x',
                Some(Value::Boolean(true)) => '1',
                Some(Value::Boolean(false)) => '0',
                Some(_) => 'n',
            });
        }
    }
}

/// CPU time of this process's one thread.
fn cpu_ns() -> u64 {
    let text = std::fs::read_to_string("/proc/self/schedstat").unwrap();
    text.split_whitespace().next().unwrap().parse().unwrap()
}

fn read(form: &str, members: &Name) -> (Rules, Vec<FeelScope>) {
    let mut rules = Rules { steps: vec![], codes: vec![], items: vec![] };
    let mut scopes = vec![];
    let mut texts = vec![];
    for line in form.lines() {
        let part: Vec<&str> = line.split('\t').collect();
        if part[0] == "household" {
            let context = dsntk_feel_evaluator::evaluate_context(&FeelScope::default(), part[1]).unwrap();
            scopes.push(FeelScope::from(context));
        } else {
            texts.push(part);
        }
    }
    for part in texts {
        match part[0] {
            "step" => {
                let evaluator = compiled(&scopes[0], part[3]).unwrap_or_else(|e| panic!("{}.{}: {e}", part[1], part[2]));
                let step = Step { scope: name(part[1]), name: name(part[2]), evaluator };
                take(&scopes[0], &step, members); // the parser asks a context for the names it knows
                rules.steps.push(step);
            }
            "item" => {
                rules.codes.push(part[1].to_string());
                rules.items.push(compiled(&scopes[0], part[2]).map_err(|e| eprintln!("{}: {e}", part[1])).ok());
            }
            _ => panic!("what is {}?", part[0]),
        }
    }
    (rules, scopes)
}

fn timed(seconds: u64, scopes: &[FeelScope], mut one: impl FnMut(&FeelScope)) -> f64 {
    let (until, from, mut n) = (Instant::now() + Duration::from_secs(seconds), cpu_ns(), 0u64);
    while Instant::now() < until {
        for scope in scopes {
            one(scope);
            n += 1;
        }
    }
    (cpu_ns() - from) as f64 / n as f64
}

fn main() {
    let args: Vec<String> = std::env::args().collect();
    let (seconds, members) = (args[3].parse().unwrap(), name("members"));
    let (rules, scopes) = read(&std::fs::read_to_string(&args[1]).unwrap(), &members);
    let mut out = rules.codes.join(" ") + "\n";
    for scope in &scopes {
        rules.work_out(scope, &members);
        rules.judge(scope, &mut out);
        out.push('\n');
    }
    std::fs::write(&args[2], out).unwrap();
    let mut letters = String::new();
    let mut whole = |scope: &FeelScope| {
        rules.work_out(scope, &members);
        letters.clear();
        rules.judge(scope, &mut letters);
    };
    timed(1, &scopes, &mut whole);
    let all = timed(seconds, &scopes, &mut whole);
    let mut letters = String::new();
    let alone = timed(seconds, &scopes, |scope| {
        letters.clear();
        rules.judge(scope, &mut letters);
    });
    println!("{all:.1} {alone:.1}");
}
