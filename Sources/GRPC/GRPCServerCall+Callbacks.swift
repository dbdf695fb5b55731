/// A call handled by callbacks, without a task of its own: for services that hold thousands of
/// idle streams, of which each would keep several tasks and their stacks.
///
/// A callback comes on a thread of the library that serves other calls too: it must not block, and
/// must leave what takes long to others. The same rules hold as for tasks: one receive and one
/// send at a time, both at once is fine. After ``finish(_:)`` nothing may be called.
extension GRPCServerCall {
    /// What a receive brought.
    public enum Received: Sendable {
        /// The client's next message.
        case message(GRPCMessage)
        /// The client sends no more.
        case end
        /// The call is broken off: by the client, its deadline, a lost connection, a message above
        /// the limit.
        case brokenOff
    }

    /// ``receive()`` by callback.
    ///
    /// - Parameter callback: Called once, at once if the call is over.
    public func receive(_ callback: @escaping @Sendable (Received) -> Void) {
        core.receive { received in
            switch received {
            case .message(let message): callback(.message(message))
            case .end: callback(.end)
            case .failed: callback(.brokenOff)
            }
        }
    }

    /// ``send(_:)`` by callback.
    ///
    /// - Parameter callback: Called once, when the transport's flow control has taken the message,
    ///   with whether it has; at once if the call is over.
    public func send(_ message: GRPCMessage, _ callback: @escaping @Sendable (Bool) -> Void) {
        core.send(message, callback)
    }

    /// Ends the call with a status. It must be called once for every call that is handled by
    /// callbacks, for one that is broken off too, and not while a send is under way.
    public func finish(_ status: GRPCStatus) {
        core.finish(status)
    }

    /// Breaks the call off: what is under way fails at once, also for a client that does not read.
    /// ``finish(_:)`` is still due.
    public func breakOff() {
        core.cancel(GRPCStatus(.resourceExhausted, "the server has broken off the call"))
    }
}
