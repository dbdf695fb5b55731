/// Who waits for an operation: a task, or a callback.
enum Waiter<Value: Sendable>: Sendable {
    case task(CheckedContinuation<Value, any Error>)
    case callback(@Sendable (Value) -> Void)

    func resume(returning value: Value) {
        switch self {
        case .task(let continuation): continuation.resume(returning: value)
        case .callback(let callback): callback(value)
        }
    }

    func resume(throwing error: GRPCStatus) {
        switch self {
        case .task(let continuation): continuation.resume(throwing: error)
        case .callback: preconditionFailure("tasks and callbacks share the call: \(error)")
        }
    }
}
