"""Names that hold secrets, and names that do not."""

from __future__ import annotations

import pytest

from sweep.config.secret_names import is_secret, name_words

SECRETS = """
    PGPASSWORD MYSQL_PWD OPENAI_KEY PRIVATE_KEY WandbApiKey AWS_SECRET_ACCESS_KEY HF_TOKEN GITHUB_PAT DB_PASS passphrase
    credentials bearer auth WANDB_API_KEY db_password AWS_SECRET apikey TOKEN AUTH_TOKEN OPENAIAPIKEY accessToken
    HFTOKEN SECRET_KEY_BASE API_KEY_PROD API_KEY_2 SSHPASS REDISCLI_AUTH KAGGLE_KEY JWT_SECRET SLACK_WEBHOOK_URL
    SecretKey my-api-key LDAP_BIND_PW AUTHORIZATION NPM_TOKEN GOOGLE_APPLICATION_CREDENTIALS password1 MyPassword
    dbPwd APIKey
    AZURE_STORAGE_KEY API_KEYS sslKey xAuthToken ENCRYPTION_KEY PASSWD github.token AWS_SESSION_TOKEN
    MYSQL_ROOT_PASSWORD
"""

HARMLESS = """
    TOKENIZERS_PARALLELISM MAX_TOKENS PAD_TOKEN_ID KEYBOARD MONKEY PWD OLDPWD KEY_DIM N_KEYS PASS_THROUGH KEY
    PASSWORD_FILE PAD_TOKEN SORT_KEY FORWARD_PASS COMPASS BYPASS PATH PATTERN AUTHOR tokens num_tokens NUM_HEADS
    AWS_ACCESS_KEY_ID SSH_AUTH_SOCK OMP_NUM_THREADS WANDB_MODE PASSES KEYS SECRETARY TOKENIZER PRIMARY_KEY OLD_PWD
    PUBLIC_KEY EOS_TOKEN LossPerToken KEYPOINTS accounting_group x509userproxy aws_secret_access_key_file use_scitokens
    scitokens_file use_oauth_services WantGPULab ProjectName CUDA_VISIBLE_DEVICES HF_HOME x 1 _
"""


@pytest.mark.parametrize("name", SECRETS.split())
def test_names_of_secrets(name: str) -> None:
    assert is_secret(name)


@pytest.mark.parametrize("name", HARMLESS.split())
def test_other_names(name: str) -> None:
    assert not is_secret(name)


def test_words_end_where_the_case_changes() -> None:
    assert name_words("WandbAPIKey_2-prod.x") == ["wandb", "api", "key", "prod", "x"]
