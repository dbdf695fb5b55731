import CLinuxIO
import Synchronization

/// The way into a worker from other threads.
final class Mailbox: Sendable {
    /// What a worker is asked to do.
    enum Command: Sendable {
        /// Take a table over, then say so.
        case install(InstallOrder, done: @Sendable () -> Void)
        /// Answer requests on a socket in this process.
        case serve(ListeningSocket, LocalHandler)
        /// Accept no more, end connections with their exchange.
        case drain
        /// End.
        case stop
    }

    private let commands = Mutex<[Command]>([])
    /// Wakes the worker.
    let wakeup: Int32

    /// - Throws: ``DataPathError`` when the system has no descriptor left.
    init() throws(DataPathError) {
        wakeup = linux_wakeup_create()
        if wakeup < 0 {
            throw DataPathError(.system, "cannot create an eventfd", errno: -wakeup)
        }
    }

    /// Any thread.
    func send(_ command: Command) {
        commands.withLock { $0.append(command) }
        linux_wakeup_signal(wakeup)
    }

    /// The worker's thread.
    func takeAll() -> [Command] {
        commands.withLock { commands in
            defer { commands = [] }
            return commands
        }
    }
}

/// A worker's mailbox on its loop, which closes the descriptor in the end.
final class MailboxSource: EventSource {
    private let mailbox: Mailbox
    unowned(unsafe) private let worker: Worker

    init(_ mailbox: Mailbox, worker: Worker) {
        self.mailbox = mailbox
        self.worker = worker
        super.init(fd: mailbox.wakeup)
    }

    override func handle(_ ready: UInt32) {
        linux_wakeup_clear(fd)
        for command in mailbox.takeAll() { worker.handle(command) }
    }
}
