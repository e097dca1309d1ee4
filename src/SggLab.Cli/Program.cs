using SggLab.Cli;
using SggLab.Cli.Data;
using SggLab.Cli.Models;
using SggLab.Cli.Runs;
using SggLab.Cli.Science;
using SggLab.Cli.Site;
using SggLab.Cli.Site.Checks;
using SggLab.Cli.Site.Testing;
using SggLab.Cli.Training;

// One line a group of commands; groups that share a name (run, eval, …) are joined.
return await CommandLine.RunAsync(args,
[
    UpCommands.Create(),
    DownCommands.Create(),
    StatusCommands.Create(),
    LogsCommands.Create(),
    DoctorCommands.Create(),
    TestCommands.Create(),
    CheckCommands.Create(),
    DatabaseCommands.Create(),
    RebuildCommands.Create(),
    ParityCommands.Create(),
    ModelCommands.Create(),
    TokenizerCommands.Create(),
    ImageCommands.Create(),
    GenerateCommands.Create(),
    DemoCommands.Create(),
    TrainCommands.Create(),
    EvalRunCommands.Create(),
    ValidateCommands.Create(),
    RunCommands.Create(),
    LeaderboardCommands.Create(),
    CheckpointCommands.Create(),
    TokenCommands.Create(),
    WorkerCommands.Create(),
    RewardCommands.Create(),
    SceneCommands.Create(),
    SimilarityCommands.Create(),
    EvalCommands.Create(),
    BenchCommands.Create(),
    DataCommands.Create(),
]);
