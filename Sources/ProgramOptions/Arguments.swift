import ArgumentParser
package import Logging

extension HostPort: ExpressibleByArgument {}

/// The options that every long-running program has.
package struct LogOptions: ParsableArguments {
    @Option(
        help: "trace, debug, info, notice, warning, error or critical.",
        transform: LogOptions.level)
    package var logLevel = Logger.Level.info

    package init() {}

    /// A logger that writes to standard error.
    package func logger(_ label: String) -> Logger {
        var logger = Logger(label: label, factory: StreamLogHandler.standardError(label:))
        logger.logLevel = logLevel
        return logger
    }

    private static func level(_ text: String) throws -> Logger.Level {
        guard let level = Logger.Level(rawValue: text) else {
            let known = Logger.Level.allCases.map(\.rawValue).joined(separator: ", ")
            throw ValidationError("no log level \(text); use one of \(known)")
        }
        return level
    }
}
