import Glibc
import Synchronization

/// The loop of a source's thread: wait, look, report.
struct DirectoryWatcher: ~Copyable {
    private var scanner: DirectoryScanner
    private var manifests = ManifestSet()
    private var debounce = Debounce()
    /// Whether the last update was taken; until then, notifications stay in the kernel's queue.
    private var mayReport = true
    private let control: WatchControl
    private let updates: AsyncThrowingStream<ResourceUpdate, any Error>.Continuation

    /// Makes a watcher that has not looked yet.
    ///
    /// - Throws: ``DirectorySource/Failure`` when the kernel offers no notifications.
    init(
        root: String, control: WatchControl,
        updates: AsyncThrowingStream<ResourceUpdate, any Error>.Continuation
    ) throws(DirectorySource.Failure) {
        scanner = try DirectoryScanner(root: root)
        self.control = control
        self.updates = updates
    }

    /// Watches until it is told to stop. It blocks the thread.
    mutating func run() {
        report()
        while wait() {
            if debounce.takeIfDue(at: .now) { report() }
        }
    }

    private mutating func report() {
        guard let update = manifests.apply(scanner.takeChanges()) else { return }
        mayReport = false
        updates.yield(update)
    }

    /// Waits for a command, a notification, or the end of a burst.
    ///
    /// - Returns: False when it is to stop.
    private mutating func wait() -> Bool {
        var waiting = [
            pollfd(fd: control.descriptor, events: Int16(POLLIN), revents: 0),
            pollfd(fd: scanner.descriptor, events: Int16(POLLIN), revents: 0),
        ]
        guard poll(&waiting, mayReport ? 2 : 1, timeout()) > 0 else { return true }
        if waiting[0].revents != 0 {
            for command in control.commands() {
                switch command {
                case .stop: return false
                case .proceed: mayReport = true
                }
            }
        }
        if waiting[1].revents != 0, scanner.takeEvents() { debounce.receivedEvent(at: .now) }
        return true
    }

    /// Milliseconds until the burst is over, rounded up; -1 to wait for ever.
    private func timeout() -> Int32 {
        guard let deadline = debounce.deadline else { return -1 }
        let left = max(.zero, ContinuousClock.now.duration(to: deadline))
        return Int32(left / .milliseconds(1)) + 1
    }
}

/// How a task talks to the thread of its watcher: commands through a pipe, which wakes it.
final class WatchControl: Sendable {
    /// What the thread is told.
    enum Command: UInt8 {
        /// End.
        case stop = 0
        /// The last update was taken; the next may come.
        case proceed = 1
    }

    private enum Life {
        case running
        case awaited(CheckedContinuation<Void, Never>)
        case ended
    }

    /// The descriptor that becomes readable when there are commands.
    let descriptor: Int32
    private let writeDescriptor: Int32
    private let life = Mutex(Life.running)

    /// Opens the pipe.
    ///
    /// - Throws: ``DirectorySource/Failure`` when the process has too many files open.
    init() throws(DirectorySource.Failure) {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else {
            throw DirectorySource.Failure(
                message:
                    "cannot watch files (pipe): \(systemErrorText(errno)); raise the limit of open "
                    + "files")
        }
        for end in ends {
            _ = fcntl(end, F_SETFL, O_NONBLOCK)
            _ = fcntl(end, F_SETFD, FD_CLOEXEC)
        }
        descriptor = ends[0]
        writeDescriptor = ends[1]
    }

    deinit {
        close(descriptor)
        close(writeDescriptor)
    }

    /// Tells the thread something. It never waits: there are two commands at most in the pipe.
    func send(_ command: Command) {
        var byte = command.rawValue
        write(writeDescriptor, &byte, 1)
    }

    /// Takes the commands that were sent.
    func commands() -> [Command] {
        var buffer = [UInt8](repeating: 0, count: 16)
        let count = read(descriptor, &buffer, buffer.count)
        return buffer.prefix(max(0, count)).compactMap(Command.init)
    }

    /// The thread is at its end.
    func end() {
        let waiter: CheckedContinuation<Void, Never>? = life.withLock { life in
            defer { life = .ended }
            if case .awaited(let continuation) = life { return continuation }
            return nil
        }
        waiter?.resume()
    }

    /// Waits for the thread's end.
    func waitForEnd() async {
        await withCheckedContinuation { continuation in
            let hasEnded = life.withLock { life in
                if case .ended = life { return true }
                life = .awaited(continuation)
                return false
            }
            if hasEnded { continuation.resume() }
        }
    }
}

/// Starts a thread of its own, for work that blocks.
///
/// - Throws: ``DirectorySource/Failure`` when there are too many threads.
func startThread(_ body: @escaping @Sendable () -> Void) throws(DirectorySource.Failure) {
    final class Body {
        let run: @Sendable () -> Void
        init(_ run: @escaping @Sendable () -> Void) { self.run = run }
    }
    let body = Unmanaged.passRetained(Body(body))
    var thread = pthread_t()
    let number = pthread_create(
        &thread, nil,
        { argument in
            // The thread takes over the reference that its creator retained, exactly once.
            if let argument {
                Unmanaged<Body>.fromOpaque(argument).takeRetainedValue().run()
            }
            return nil
        }, body.toOpaque())
    guard number == 0 else {
        body.release()
        throw DirectorySource.Failure(
            message: "cannot start a thread to watch files: \(systemErrorText(number))")
    }
    pthread_detach(thread)
}
