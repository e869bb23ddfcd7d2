//! The page of the chat of `docs/examples` in a real browser: Debian's `chromium`, driven by a
//! Ruff program over the WebSocket of its debugger. Skipped, with a word, where there is none.

use super::support::*;
use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const CHROMIUM: &str = "/usr/bin/chromium";
/// How long the browser may take to start.
const PATIENCE: Duration = Duration::from_secs(60);

/// A process with all that it has started, ended together.
struct Group(Child);

impl Drop for Group {
    fn drop(&mut self) {
        // SAFETY: signals a group whose leader is a child of ours that has not been waited for.
        unsafe { libc::kill(-(self.0.id() as libc::pid_t), libc::SIGKILL) };
        let _ = self.0.wait();
    }
}

/// A folder of the browser's own.
struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn browser(folder: &Path) -> (Group, u16) {
    let mut command = Command::new(CHROMIUM);
    command
        .args([
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
        ])
        .args(["--no-first-run", "--disable-background-networking"])
        .args(["--disable-component-update", "--disable-sync"])
        .arg("--remote-debugging-port=0")
        .arg(format!("--user-data-dir={}", folder.display()))
        .arg("about:blank")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .process_group(0);
    let group = Group(command.spawn().expect("chromium starts"));
    let file = folder.join("DevToolsActivePort");
    let start = Instant::now();
    loop {
        let text = std::fs::read_to_string(&file).unwrap_or_default();
        if let Some(port) = text.lines().next().and_then(|line| line.parse().ok()) {
            return (group, port);
        }
        assert!(start.elapsed() < PATIENCE, "chromium opens no debugger");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// The chat, and where it is.
fn chat() -> (Group, String) {
    let mut command = ruff();
    command
        .args(["run", "docs/examples/chat.ruff", "--serve", "--port", "0"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .stdout(Stdio::piped())
        .process_group(0);
    let mut child = command.spawn().expect("it starts");
    let out = child.stdout.take().expect("a pipe");
    let mut line = String::new();
    BufReader::new(out).read_line(&mut line).expect("a line");
    (Group(child), line.trim().to_string())
}

/// A guest of the chat, and the page of another.
const DRIVER: &str = r#"
page := parse_json(http_put("http://127.0.0.1:PORT/json/new?CHAT", "").body)
debugger := ws_connect(page.webSocketDebuggerUrl)
last := 0

# The value of an expression in the page.
func evaluate(expression) {
    last += 1
    params := {"expression": expression, "returnByValue": true}
    debugger.send(to_json({"id": last, "method": "Runtime.evaluate", "params": params}))
    loop {
        answer := parse_json(debugger.receive(20000))
        if answer.get("id") == last { return answer.result.result.get("value") }
    }
}

func wait_for(expression) {
    for _ in 0..2000 {
        if evaluate(expression) == true { return null }
        sleep(10)
    }
    throw("the page never has ${expression}: ${evaluate("document.body.innerText")}")
}

func enter(text) {
    evaluate("input.value = ${to_json(text)}; form.requestSubmit()")
}

func sees(ws) {
    event := parse_json(ws.receive(20000))
    print(event.name, event.kind, event.get("text", ""))
}

guest := ws_connect("CHAT".replace("http", "ws") + "room?name=Guest")
sees(guest)
guest.send("here since before")
sees(guest)
wait_for("document.readyState == 'complete' && window.form != null")
enter("Robot")
sees(guest)
wait_for("lines.innerText.includes('Robot has joined')")
guest.send("<b>hello</b>")
sees(guest)
wait_for("lines.lastChild.textContent == 'Guest: <b>hello</b>'")
enter("hello from a page äöü")
sees(guest)
wait_for("lines.children.length == 5")
print(evaluate("[...lines.children].map(line => line.textContent).join(' | ')"))
http_get("http://127.0.0.1:PORT/json/close/${page.id}")
sees(guest)
"#;

#[test]
fn a_page_chats() {
    if !Path::new(CHROMIUM).exists() {
        eprintln!("skipped: there is no {CHROMIUM}");
        return;
    }
    let name = format!("ruff-chromium-{}", std::process::id());
    let folder = Folder(std::env::temp_dir().join(name));
    std::fs::create_dir_all(&folder.0).expect("a new folder");
    let (_chat, url) = chat();
    let (_browser, port) = browser(&folder.0);
    let driver = DRIVER
        .replace("PORT", &port.to_string())
        .replace("CHAT", &url);
    eval(&driver).ended(0).printed(
        "Guest joined \n\
         Guest said here since before\n\
         Robot joined \n\
         Guest said <b>hello</b>\n\
         Robot said hello from a page äöü\n\
         Guest has joined | Guest: here since before | Robot has joined | \
         Guest: <b>hello</b> | Robot: hello from a page äöü\n\
         Robot left \n",
    );
}
