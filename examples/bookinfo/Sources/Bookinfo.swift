import ArgumentParser

@main
struct Bookinfo: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bookinfo",
        abstract:
            "The services of the bookinfo example, and a load generator that counts versions.",
        subcommands: [Serve.self, Load.self])
}

/// What went wrong, where, and what mends it.
struct BookinfoError: Error, CustomStringConvertible {
    var description: String

    init(_ description: String) {
        self.description = description
    }
}
