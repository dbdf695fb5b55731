/// The sending half of a call: at most one writer, at most one message in flight.
///
///     open ──send──▶ sending ──sent──▶ open
///      │                │ abandon
///      │                ▼
///      │            abandoned          (every later send is refused)
///      │                │
///      └────end─────────┴──▶ ending ──ended──▶ ended
///
/// A message whose writer went away may or may not arrive, so nothing but the end may follow it.
struct SendSide<Waiter: Sendable>: ~Copyable {
    enum Refusal: Equatable, Sendable {
        /// An earlier send was given up by its cancelled task.
        case abandoned
        /// The half-close, or the status, is on its way.
        case ended
    }

    private enum State {
        case open
        case sending(Waiter, id: UInt64)
        case abandoned
        case ending(Waiter, id: UInt64)
        case ended
    }

    private var state = State.open

    /// A writer has a message. Nil means: start the operation, its end resumes the waiter.
    mutating func send(_ waiter: Waiter, id: UInt64) -> Refusal? {
        switch state {
        case .open:
            state = .sending(waiter, id: id)
            return nil
        case .abandoned:
            return .abandoned
        case .ending, .ended:
            return .ended
        case .sending:
            preconditionFailure("send() while another send() of the call is in flight")
        }
    }

    /// The message is with the transport, or failed. Returns who waits for it.
    mutating func sent() -> Waiter? {
        switch state {
        case .sending(let waiter, _):
            state = .open
            return waiter
        case .abandoned, .ending, .ended:
            return nil
        case .open:
            preconditionFailure("a send operation ended that nobody started")
        }
    }

    /// The last thing to send. Nil means: start the operation, its end resumes the waiter.
    mutating func end(_ waiter: Waiter, id: UInt64) -> Refusal? {
        switch state {
        case .open, .abandoned:
            state = .ending(waiter, id: id)
            return nil
        case .ending, .ended:
            return .ended
        case .sending:
            preconditionFailure("the call's end while a send() of the call is in flight")
        }
    }

    /// The end is with the transport, or failed. Returns who waits for it.
    mutating func ended() -> Waiter? {
        switch state {
        case .ending(let waiter, _):
            state = .ended
            return waiter
        case .ended:
            return nil
        case .open, .sending, .abandoned:
            preconditionFailure("an end operation ended that nobody started")
        }
    }

    /// A writer's task was cancelled. Returns its waiter if it still waits.
    mutating func abandon(id: UInt64) -> Waiter? {
        switch state {
        case .sending(let waiter, id):
            state = .abandoned
            return waiter
        case .ending(let waiter, id):
            state = .ended
            return waiter
        case .sending, .ending, .open, .abandoned, .ended:
            return nil
        }
    }
}
