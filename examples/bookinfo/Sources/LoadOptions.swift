import ArgumentParser

/// What the answers are counted by.
enum Grouping: String, ExpressibleByArgument, CaseIterable, Sendable {
    /// The version of the service: the shares of a route.
    case version
    /// The instance: the spread over the endpoints of a version.
    case podname

    /// The header of an answer that says it.
    var header: String {
        switch self {
        case .version: InstanceHandler.versionHeader
        case .podname: InstanceHandler.podnameHeader
        }
    }
}

/// A time as somebody types it: `2`, `2s` or `500ms`; from a millisecond to eleven days.
struct Seconds: ExpressibleByArgument {
    /// The time.
    var duration: Duration

    /// A number of whole seconds.
    init(_ seconds: Int) {
        duration = .seconds(seconds)
    }

    init?(argument: String) {
        let isMilliseconds = argument.hasSuffix("ms")
        let digits = argument.dropLast(isMilliseconds ? 2 : argument.hasSuffix("s") ? 1 : 0)
        guard let number = Double(digits) else { return nil }
        let seconds = isMilliseconds ? number / 1000 : number
        guard (0.001...1_000_000).contains(seconds) else { return nil }
        duration = .seconds(seconds)
    }

    /// As the help shows a default.
    var defaultValueDescription: String {
        "\(duration.components.seconds)s"
    }
}
