// Lets another program go on in place of this one, which stays until that has ended. (Node can replace a process by
// another only from version 23.11 on, and never on Windows.)
import { spawn } from "node:child_process";

/** Signals of which a second copy within so many milliseconds is the same request: npm and `timeout` send two. */
const SAME_MS = 200;

/**
 * Runs a program with this one's streams, and ends as it ends: with its exit code, or by the signal that ended it.
 *
 * The program gets a process group of its own, so that Ctrl-C, which goes to a whole group, reaches it by this process
 * alone and counts once; so does a signal to this process only. What ends this process unasked closes the channel between
 * them, which `endWithLauncher` watches on the other side.
 */
export function handOver(program, args) {
  const posix = process.platform !== "win32";
  const child = spawn(program, args, { stdio: ["inherit", "inherit", "inherit", "ipc"], detached: posix });
  // A negative number is a group. Windows has none: there Ctrl-C reaches every program of the console by itself.
  const send = (signal) => {
    try {
      if (posix) process.kill(-child.pid, signal);
    } catch {
      // It has just ended.
    }
  };
  const listeners = Object.fromEntries(["SIGINT", "SIGTERM", "SIGHUP"].map((name) => [name, once(() => send(name))]));
  if (posix) {
    listeners.SIGWINCH = () => send("SIGWINCH");
    listeners.SIGCONT = () => send("SIGCONT");
    // Ctrl-Z. A group without a terminal does not stop by SIGTSTP.
    listeners.SIGTSTP = () => {
      send("SIGSTOP");
      process.kill(process.pid, "SIGSTOP");
    };
  }
  for (const [signal, listener] of Object.entries(listeners)) process.on(signal, listener);
  watchParent(() => send("SIGTERM"));
  child.on("error", (error) => {
    console.error(`lectern: ${program} does not start (${error.message}); run \`npm start\` to set up anew`);
    process.exit(1);
  });
  child.on("exit", (code, signal) => {
    for (const [name, listener] of Object.entries(listeners)) process.off(name, listener);
    if (signal === null) process.exit(code);
    process.kill(process.pid, signal);
  });
}

function once(act) {
  let last = Number.NEGATIVE_INFINITY;
  return () => {
    const now = performance.now();
    if (now - last > SAME_MS) act();
    last = now;
  };
}

/**
 * On the other side: the one that handed over to this program, or the shell that npm started it in, is gone, killed perhaps.
 * That counts as a signal, which a training answers by saving.
 */
export function endWithLauncher() {
  if (process.channel) {
    process.once("disconnect", () => lost("SIGHUP"));
    // Listening is no reason to go on living.
    process.channel.unref();
  }
  watchParent(() => lost("SIGTERM"));
}

/** npm's shell ends by a signal and does not pass it on: what it started has lost its parent then. */
function watchParent(act) {
  if (process.env.npm_lifecycle_event === undefined || process.platform === "win32") return;
  const parent = process.ppid;
  const watch = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(watch);
    act();
  }, 500);
  watch.unref();
}

function lost(signal) {
  if (!process.emit(signal, signal)) process.exit(signal === "SIGHUP" ? 129 : 143);
}
