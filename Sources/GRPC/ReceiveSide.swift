/// What one receive operation brought.
enum ReceivedMessage: Sendable {
    case message(GRPCMessage)
    /// The peer sends no more. On the client also: the call is over, its status says how.
    case end
    /// On the server: the call broke off before the client ended its messages.
    case failed
}

/// The receiving half of a call: at most one reader, at most one operation in flight.
///
///     idle ──receive──▶ waiting ──completed──▶ idle / ended
///                          │ abandon
///                          ▼
///                      unattended ──completed──▶ buffered ──receive──▶ idle
///                          └──receive──▶ waiting
///
/// A reader whose task is cancelled goes away; the operation that it started stays in flight, and
/// what it brings is for the next reader.
struct ReceiveSide<Waiter: Sendable>: ~Copyable {
    enum Action: Sendable {
        /// Start the operation; its end resumes the waiter.
        case start
        /// Resume the waiter now.
        case resume(Waiter, ReceivedMessage)
        /// The waiter is kept for an operation in flight.
        case wait
    }

    private enum State {
        case idle
        case waiting(Waiter, id: UInt64)
        case unattended
        case buffered(ReceivedMessage)
        case ended(ReceivedMessage)
    }

    private var state = State.idle

    /// A reader asks for the next message.
    mutating func receive(_ waiter: Waiter, id: UInt64) -> Action {
        switch state {
        case .idle:
            state = .waiting(waiter, id: id)
            return .start
        case .unattended:
            state = .waiting(waiter, id: id)
            return .wait
        case .buffered(let outcome):
            state = Self.after(outcome)
            return .resume(waiter, outcome)
        case .ended(let outcome):
            return .resume(waiter, outcome)
        case .waiting:
            preconditionFailure("receive() while another receive() of the call is waiting")
        }
    }

    /// The operation in flight brought something. Returns who waits for it.
    mutating func completed(_ outcome: ReceivedMessage) -> Waiter? {
        switch state {
        case .waiting(let waiter, _):
            state = Self.after(outcome)
            return waiter
        case .unattended:
            state = .buffered(outcome)
            return nil
        case .idle, .buffered, .ended:
            preconditionFailure("a receive operation ended that nobody started")
        }
    }

    /// A reader's task was cancelled. Returns its waiter if it still waits.
    mutating func abandon(id: UInt64) -> Waiter? {
        guard case .waiting(let waiter, id) = state else { return nil }
        state = .unattended
        return waiter
    }

    private static func after(_ outcome: ReceivedMessage) -> State {
        switch outcome {
        case .message: .idle
        case .end, .failed: .ended(outcome)
        }
    }
}
