/// Wakes those who wait for a time.
///
/// Bounded by its users: a stream has one alarm under way, or two for a moment.
struct AlarmClock: Sendable {
    private struct Alarm: Sendable {
        var time: ContinuousClock.Instant
        var ring: @Sendable () -> Void
    }

    private let alarms: AsyncStream<Alarm>
    private let alarm: AsyncStream<Alarm>.Continuation

    init() {
        (alarms, alarm) = AsyncStream.makeStream(of: Alarm.self)
    }

    /// Calls `ring` when the time has come; may be called from any thread.
    func ring(at time: ContinuousClock.Instant, _ ring: @escaping @Sendable () -> Void) {
        alarm.yield(Alarm(time: time, ring: ring))
    }

    /// Serves until the task is cancelled.
    func run() async {
        await withDiscardingTaskGroup { group in
            for await alarm in alarms {
                group.addTask {
                    do {
                        try await Task.sleep(until: alarm.time, clock: .continuous)
                        alarm.ring()
                    } catch {
                        // The server ends, and its streams with it.
                        return
                    }
                }
            }
        }
    }
}
