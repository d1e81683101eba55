"""The special tokens of Higgs Audio V2, by name.

A token is known by its text: ids belong to a checkpoint's `tokenizer.json`, and are checked against
the model's configuration when the two meet. `PUBLISHED_IDS` are those of the public 3B checkpoint.
"""

from __future__ import annotations

BEGIN_OF_TEXT = "<|begin_of_text|>"
END_OF_TEXT = "<|end_of_text|>"
START_HEADER = "<|start_header_id|>"
END_HEADER = "<|end_header_id|>"
END_OF_MESSAGE = "<|eom_id|>"
END_OF_TURN = "<|eot_id|>"

AUDIO_BOS = "<|audio_bos|>"
AUDIO_EOS = "<|audio_eos|>"
AUDIO_OUT_BOS = "<|audio_out_bos|>"
AUDIO_IN = "<|AUDIO|>"
AUDIO_OUT = "<|AUDIO_OUT|>"
AUDIO_DELAY = "<|reserved_special_token_6|>"

RECIPIENT = "<|recipient|>"
SCENE_START = "<|scene_desc_start|>"
SCENE_END = "<|scene_desc_end|>"
INSTRUCTION_START = "<|generation_instruction_start|>"
INSTRUCTION_END = "<|generation_instruction_end|>"

SOUND_OPEN, SOUND_CLOSE = "<SE>", "</SE>"
SOUND_START_OPEN, SOUND_START_CLOSE = "<SE_s>", "</SE_s>"
SOUND_END_OPEN, SOUND_END_CLOSE = "<SE_e>", "</SE_e>"

REQUIRED_TOKENS = (
    BEGIN_OF_TEXT,
    END_OF_TEXT,
    START_HEADER,
    END_HEADER,
    END_OF_MESSAGE,
    END_OF_TURN,
    AUDIO_BOS,
    AUDIO_EOS,
    AUDIO_OUT_BOS,
    AUDIO_IN,
    AUDIO_OUT,
    SCENE_START,
    SCENE_END,
)
"""Without one of these a prompt cannot be written at all."""

MODEL_FIELDS = {
    AUDIO_OUT: "audio_out_id",
    AUDIO_OUT_BOS: "audio_out_bos_id",
    AUDIO_IN: "audio_in_id",
    AUDIO_EOS: "audio_eos_id",
}
"""The tokens whose ids the model's configuration also knows, and what it calls them."""

PUBLISHED_IDS = {
    BEGIN_OF_TEXT: 128000,
    END_OF_TEXT: 128001,
    "<|finetune_right_pad_id|>": 128004,
    START_HEADER: 128006,
    END_HEADER: 128007,
    END_OF_MESSAGE: 128008,
    END_OF_TURN: 128009,
    "<|python_tag|>": 128010,
    AUDIO_BOS: 128011,
    AUDIO_EOS: 128012,
    AUDIO_OUT_BOS: 128013,
    AUDIO_DELAY: 128014,
    AUDIO_IN: 128015,
    AUDIO_OUT: 128016,
    RECIPIENT: 128017,
    SCENE_START: 128018,
    SCENE_END: 128019,
    INSTRUCTION_START: 128020,
    INSTRUCTION_END: 128021,
    SOUND_OPEN: 128022,
    SOUND_CLOSE: 128023,
    SOUND_START_OPEN: 128024,
    SOUND_START_CLOSE: 128025,
    SOUND_END_OPEN: 128026,
    SOUND_END_CLOSE: 128027,
}

SOUND_MARKS = (
    ("<SE>", "[Laughter]", "</SE>"),
    ("<SE>", "[Music]", "</SE>"),
    ("<SE>", "[Applause]", "</SE>"),
    ("<SE>", "[Cheering]", "</SE>"),
    ("<SE>", "[Cough]", "</SE>"),
    ("<SE_s>", "[Humming]", "</SE_s>"),
    ("<SE_s>", "[Music]", "</SE_s>"),
    ("<SE_s>", "[Singing]", "</SE_s>"),
    ("<SE_e>", "[Humming]", "</SE_e>"),
    ("<SE_e>", "[Music]", "</SE_e>"),
    ("<SE_e>", "[Singing]", "</SE_e>"),
)
"""The sounds the model was trained on, as (open, name, close); nothing else may open a sound."""
