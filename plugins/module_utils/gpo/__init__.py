"""Group Policy as code: codecs of the files of a GPO (Registry.pol, GptTmpl.inf, GPT.INI). Pure: reads and writes no files."""
