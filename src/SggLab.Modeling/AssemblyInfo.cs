using System.Runtime.CompilerServices;

[assembly: InternalsVisibleTo("SggLab.Modeling.Tests")]
// The command line joins the golden GRPO files with the trainer's loss, which this project does not know.
[assembly: InternalsVisibleTo("sgglab")]
